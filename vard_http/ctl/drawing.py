"""`vardctl tree`: a subtree drawn with its branches."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable

import click

from vard_http.ctl.completion.keys import complete_key
from vard_http.ctl.console import console, say
from vard_http.ctl.session import Session, pass_session
from vard_http.ctl.subtree.drawing import Line, draw, shortened
from vard_http.ctl.subtree.reading import tree_of
from vard_http.ctl.subtree.tree import Tree, counted, path_of, text_of

_PIPE_WIDTH = 100
_LEAST_VALUE = 10
_EQUALS = " = "

_Part = tuple[str, str]
"""A text and rich's name of its style."""


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
    lines = [_parts(line, values, _width()) for line in draw(nodes, top, depth)]
    _show([*lines, [], [(_counted(nodes, top), "dim")]])


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE_WIDTH


def _parts(line: Line, values: bool, width: int) -> list[_Part]:
    entry = line.entry
    slash = "/" if entry.is_directory and not line.name.endswith("/") else ""
    name = (line.name + slash, "bold blue" if entry.is_directory else "bold")
    before, after = [(line.branches, "dim"), name], []
    if line.below:
        after.append((f"  ({line.below} below)", "dim"))
    if entry.ttl is not None:
        after.append((f"  (ttl {entry.ttl}s)", "yellow"))
    if not values or entry.value is None:
        return before + after
    used = sum(len(text) for text, _ in before + after)
    value = shortened(entry.value, max(width - used - len(_EQUALS), _LEAST_VALUE))
    return [*before, (_EQUALS, "dim"), (value, ""), *after]


def _show(lines: Iterable[list[_Part]]) -> None:
    """With colours where they can be seen."""
    if not sys.stdout.isatty():
        say("\n".join("".join(text for text, _ in parts) for parts in lines))
        return
    from rich.text import Text

    console().print(Text("\n").join(Text.assemble(*parts) for parts in lines))


def _counted(nodes: Tree, top: bytes) -> str:
    keys = sum(not entry.is_directory for entry in nodes.values())
    directories = sum(entry.is_directory and path != top for path, entry in nodes.items())
    return f"{counted(directories, 'directory', 'directories')}, {counted(keys, 'key', 'keys')}"
