"""`vardctl tree`: a subtree drawn with its branches."""

from __future__ import annotations

import click

from vard_http.ctl.completion.keys import complete_key
from vard_http.ctl.console import console
from vard_http.ctl.session import Session, pass_session
from vard_http.ctl.subtree.drawing import Line, draw, in_ascii, shortened
from vard_http.ctl.subtree.reading import tree_of
from vard_http.ctl.subtree.tree import Tree, counted, path_of, text_of

_PIPE_WIDTH = 100
_LEAST_VALUE = 10


@click.command()
@click.argument("key", default="/", shell_complete=complete_key)
@click.option("--depth", "-L", type=click.IntRange(min=0), metavar="N", help="Draw N levels only.")
@click.option("--values/--no-values", default=True, help="With the values, shortened, or without.")
@click.option("--quorum", is_flag=True, help="Show the newest that any member has acknowledged.")
@pass_session
def tree(session: Session, key: str, depth: int | None, values: bool, quorum: bool) -> None:
    """Draw KEY and all below it, with values and TTLs.

    Hidden nodes, whose names begin with `_`, are shown only if KEY names one: servers do not list
    them.
    """
    top = path_of(key)
    nodes = tree_of(session.client.get(text_of(top), recursive=True, quorum=quorum).node)
    for line in draw(nodes, top, depth):
        _print(line, values)
    console().print(f"\n{_counted(nodes, top)}", style="dim")


def _print(line: Line, values: bool) -> None:
    from rich.text import Text

    out = console()
    entry = line.entry
    branches = line.branches if out.encoding.startswith("utf") else in_ascii(line.branches)
    text = Text().append(branches, style="dim")
    name = line.name
    if entry.is_directory and not name.endswith("/"):
        name += "/"
    text.append(name, style="bold blue" if entry.is_directory else "bold")
    notes = Text()
    if line.below:
        notes.append(f"  ({line.below} below)", style="dim")
    if entry.ttl is not None:
        notes.append(f"  (ttl {entry.ttl}s)", style="yellow")
    if values and entry.value is not None:
        width = out.width if out.is_terminal else _PIPE_WIDTH
        left = max(width - text.cell_len - notes.cell_len - 3, _LEAST_VALUE)
        text.append(" = ", style="dim").append(shortened(entry.value, left))
    out.print(text + notes)


def _counted(nodes: Tree, top: bytes) -> str:
    keys = sum(not entry.is_directory for entry in nodes.values())
    directories = sum(entry.is_directory and path != top for path, entry in nodes.items())
    return f"{counted(directories, 'directory', 'directories')}, {counted(keys, 'key', 'keys')}"
