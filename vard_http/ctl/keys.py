"""`get`, `set`, `mk` and `update`: the values of keys."""

from __future__ import annotations

import click

from vard_http.ctl.arguments import first_key, takes, value_of
from vard_http.ctl.failures import Exit, Failed
from vard_http.ctl.goflags import GO_INT, GoCommand
from vard_http.ctl.keyspace import Keys
from vard_http.ctl.rendering import show
from vard_http.ctl.session import Session, pass_session

_ttl = click.option(
    "--ttl", type=GO_INT, default=0, metavar="SECONDS", help="How long the key is to live."
)
_quorum = click.option(
    *("--quorum", "-q"), is_flag=True, help="Ask the majority, not only one member."
)


@click.command(cls=GoCommand)
@click.option("--sort", is_flag=True, help="Sort what is listed.")
@_quorum
@takes("KEY")
@pass_session
def get(session: Session, sort: bool, quorum: bool, arguments: tuple[str, ...]) -> None:
    """Show the value of a key."""
    keys = Keys(session.cluster)
    event = keys.get(first_key(arguments), sort=sort, quorum=quorum)
    if event.node.get("dir"):
        raise Failed(Exit.BAD_ARGUMENTS, f"{event.node.get('key', '')}: is a directory")
    show(event, session.options.output)


@click.command("set", cls=GoCommand)
@_ttl
@click.option("--swap-with-value", default="", metavar="VALUE", help="Only if this is its value.")
@click.option(
    *("--swap-with-index", "swap_with_index"),
    type=GO_INT,
    default=0,
    metavar="INDEX",
    help="Only if this is the index of its last change.",
)
@takes("KEY [VALUE]")
@pass_session
def set_(
    session: Session,
    ttl: int,
    swap_with_value: str,
    swap_with_index: int,
    arguments: tuple[str, ...],
) -> None:
    """Set the value of a key.

    Without VALUE it is read from standard input. Write `set -- KEY VALUE` where VALUE begins with
    a dash.
    """
    keys = Keys(session.cluster)
    key, value = first_key(arguments), value_of(arguments)
    event = keys.set(key, value, ttl=ttl, prev_value=swap_with_value, prev_index=swap_with_index)
    show(event, session.options.output)


@click.command(cls=GoCommand)
@click.option("--in-order", is_flag=True, help="Make a key in the directory KEY, after all others.")
@_ttl
@takes("KEY [VALUE]")
@pass_session
def mk(session: Session, in_order: bool, ttl: int, arguments: tuple[str, ...]) -> None:
    """Make a key that does not exist.

    Without VALUE it is read from standard input.
    """
    keys = Keys(session.cluster)
    key, value = first_key(arguments), value_of(arguments)
    if in_order:
        event = keys.create_in_order(key, value, ttl=ttl)
    else:
        event = keys.set(key, value, ttl=ttl, prev_exist=False)
    show(event, session.options.output)


@click.command(cls=GoCommand)
@_ttl
@takes("KEY [VALUE]")
@pass_session
def update(session: Session, ttl: int, arguments: tuple[str, ...]) -> None:
    """Set the value of a key that exists.

    Without VALUE it is read from standard input.
    """
    keys = Keys(session.cluster)
    key, value = first_key(arguments), value_of(arguments)
    show(keys.set(key, value, ttl=ttl, prev_exist=True), session.options.output)
