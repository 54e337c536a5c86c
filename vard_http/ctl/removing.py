"""`rm` and `rmdir`."""

from __future__ import annotations

import click

from vard_http.ctl.arguments import first_key, takes
from vard_http.ctl.goflags import GO_INT, GoCommand
from vard_http.ctl.keyspace import Event, Keys
from vard_http.ctl.rendering import show, show_unless_simple
from vard_http.ctl.session import Session, pass_session


@click.command(cls=GoCommand)
@click.option(*("--dir", "directory"), is_flag=True, help="KEY may be an empty directory, too.")
@click.option("--recursive", "-r", is_flag=True, help="KEY may be a directory with all below it.")
@click.option("--with-value", default="", metavar="VALUE", help="Only if this is its value.")
@click.option(
    "--with-index",
    type=GO_INT,
    default=0,
    metavar="INDEX",
    help="Only if this is the index of its last change.",
)
@takes("KEY")
@pass_session
def rm(
    session: Session,
    directory: bool,
    recursive: bool,
    with_value: str,
    with_index: int,
    arguments: tuple[str, ...],
) -> None:
    """Remove a key or a directory."""
    keys = Keys(session.cluster)
    event = keys.delete(
        first_key(arguments),
        recursive=recursive,
        directory=directory,
        prev_value=with_value,
        prev_index=with_index,
    )
    _show(event, session)


@click.command(cls=GoCommand)
@takes("KEY")
@pass_session
def rmdir(session: Session, arguments: tuple[str, ...]) -> None:
    """Remove a key or an empty directory."""
    keys = Keys(session.cluster)
    _show(keys.delete(first_key(arguments), directory=True), session)


def _show(event: Event, session: Session) -> None:
    (show_unless_simple if event.node.get("dir") else show)(event, session.options.output)
