"""`user add`, `get`, `list`, `remove`, `grant`, `revoke` and `passwd`."""

from __future__ import annotations

from typing import Any

import click

from vard_http.ctl.accounts import DONE, cluster_and_name, cluster_of, path_below
from vard_http.ctl.arguments import none_accepted, takes
from vard_http.ctl.cluster import Cluster, Question, json_question
from vard_http.ctl.console import say
from vard_http.ctl.failures import Exit, Failed
from vard_http.ctl.groups import GoGroup
from vard_http.ctl.passwords import ask_password
from vard_http.ctl.requests import ask_for, read
from vard_http.ctl.session import Session, pass_session

_PATH = "/v2/auth/users"

_roles = click.option(
    "--roles", multiple=True, metavar="ROLE", help="Which role; may be given again."
)


@click.group(cls=GoGroup)
def user() -> None:
    """Add, show, change and remove users."""


@user.command("list")
@takes("")
@pass_session
def list_(session: Session, arguments: tuple[str, ...]) -> None:
    """List the users."""
    none_accepted(arguments)
    response = ask_for(cluster_of(session), Question("GET", _PATH))
    for each in read(response).get("users") or ():
        say(each["user"])


@user.command()
@takes("USER")
@pass_session
def get(session: Session, arguments: tuple[str, ...]) -> None:
    """Show a user's roles."""
    cluster, name = _cluster_and_name(session, arguments)
    found = read(ask_for(cluster, Question("GET", _path(name))))
    roles = [role if isinstance(role, str) else role["role"] for role in found.get("roles") or ()]
    say(f"User: {found['user']}\nRoles: {' '.join(roles)}")


@user.command()
@takes("USER[:PASSWORD]")
@pass_session
def add(session: Session, arguments: tuple[str, ...]) -> None:
    """Add a user; the password is asked for if it is not given."""
    cluster, given = _cluster_and_name(session, arguments)
    name, colon, password = given.partition(":")
    if not colon:
        password = ask_password("New password: ")
    change = {"user": name, **_password(password), "roles": None}
    ask_for(cluster, json_question("PUT", _path(name), change), *DONE)
    say(f"User {name} created")


@user.command()
@takes("USER")
@pass_session
def remove(session: Session, arguments: tuple[str, ...]) -> None:
    """Remove a user."""
    cluster, name = _cluster_and_name(session, arguments)
    ask_for(cluster, Question("DELETE", _path(name)), *DONE)
    say(f"User {name} removed")


@user.command()
@takes("USER")
@pass_session
def passwd(session: Session, arguments: tuple[str, ...]) -> None:
    """Change a user's password, which is asked for."""
    cluster, name = _cluster_and_name(session, arguments)
    change = {"user": name, **_password(ask_password("New password: ")), "roles": None}
    ask_for(cluster, json_question("PUT", _path(name), change))
    say("Password updated")


@user.command()
@_roles
@takes("USER")
@pass_session
def grant(session: Session, roles: tuple[str, ...], arguments: tuple[str, ...]) -> None:
    """Give a user roles."""
    _change_roles(session, "grant", roles, arguments)


@user.command()
@_roles
@takes("USER")
@pass_session
def revoke(session: Session, roles: tuple[str, ...], arguments: tuple[str, ...]) -> None:
    """Take roles from a user."""
    _change_roles(session, "revoke", roles, arguments)


def _change_roles(
    session: Session, change: str, roles: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    if not roles:
        raise Failed(Exit.BAD_ARGUMENTS, "No roles specified; please use `--roles`")
    cluster, name = _cluster_and_name(session, arguments)
    wanted: dict[str, Any] = {"user": name, "roles": None, change: list(roles)}
    ask_for(cluster, json_question("PUT", _path(name), wanted))
    say(f"User {name} updated")


def _cluster_and_name(session: Session, arguments: tuple[str, ...]) -> tuple[Cluster, str]:
    return cluster_and_name(session, arguments, "Please provide a username")


def _path(name: str) -> str:
    return path_below(_PATH, name)


def _password(password: str) -> dict[str, str]:
    return {"password": password} if password else {}
