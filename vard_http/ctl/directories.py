"""`mkdir`, `setdir` and `updatedir`."""

from __future__ import annotations

import click

from vard_http.ctl.arguments import first_key, takes
from vard_http.ctl.goflags import GO_INT, GoCommand
from vard_http.ctl.keyspace import Keys
from vard_http.ctl.rendering import show_unless_simple
from vard_http.ctl.session import Session, pass_session

_ttl = click.option(
    "--ttl", type=GO_INT, default=0, metavar="SECONDS", help="How long the directory is to live."
)


@click.command(cls=GoCommand)
@_ttl
@takes("KEY")
@pass_session
def mkdir(session: Session, ttl: int, arguments: tuple[str, ...]) -> None:
    """Make a directory that does not exist."""
    _make(session, ttl, arguments, prev_exist=False)


@click.command(cls=GoCommand)
@_ttl
@takes("KEY")
@pass_session
def setdir(session: Session, ttl: int, arguments: tuple[str, ...]) -> None:
    """Make a directory, in place of a key of that name."""
    _make(session, ttl, arguments, prev_exist=None)


@click.command(cls=GoCommand)
@_ttl
@takes("KEY")
@pass_session
def updatedir(session: Session, ttl: int, arguments: tuple[str, ...]) -> None:
    """Give a directory another time to live, or none."""
    _make(session, ttl, arguments, prev_exist=True)


def _make(
    session: Session, ttl: int, arguments: tuple[str, ...], *, prev_exist: bool | None
) -> None:
    keys = Keys(session.cluster)
    event = keys.make_directory(first_key(arguments), ttl=ttl, prev_exist=prev_exist)
    show_unless_simple(event, session.options.output)
