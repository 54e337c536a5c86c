"""`ls`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from vard_http.ctl.arguments import takes
from vard_http.ctl.console import say
from vard_http.ctl.goflags import GoCommand
from vard_http.ctl.keyspace import Keys, Node
from vard_http.ctl.rendering import show
from vard_http.ctl.session import Session, pass_session


@click.command(cls=GoCommand)
@click.option("--sort", is_flag=True, help="Sort by name.")
@click.option("--recursive", "-r", is_flag=True, help="List what is below directories, too.")
@click.option("-p", "slash", is_flag=True, help="Write a slash behind directories.")
@click.option("--quorum", "-q", is_flag=True, help="Ask the majority, not only one member.")
@takes("[KEY]")
@pass_session
def ls(
    session: Session,
    sort: bool,
    recursive: bool,
    slash: bool,
    quorum: bool,
    arguments: tuple[str, ...],
) -> None:
    """List a directory."""
    keys = Keys(session.cluster)
    key = arguments[0] if arguments else "/"
    event = keys.get(key, recursive=recursive, sort=sort, quorum=quorum)
    if session.options.output != "simple":
        show(event, session.options.output)
        return
    if not event.node.get("dir"):
        say(event.node["key"])
    lines = [line for node in event.node.get("nodes") or () for line in _lines(node, slash)]
    if lines:
        say("\n".join(lines))


def _lines(node: Node, slash: bool) -> Iterator[str]:
    yield node["key"] + ("/" if slash and node.get("dir") else "")
    for child in node.get("nodes") or ():
        yield from _lines(child, slash)
