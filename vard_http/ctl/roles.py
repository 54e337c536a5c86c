"""`role add`, `get`, `list`, `remove`, `grant` and `revoke`."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

import click

from vard_http.ctl.accounts import DONE, cluster_and_name, cluster_of, path_below
from vard_http.ctl.arguments import none_accepted, takes
from vard_http.ctl.cluster import Cluster, Question, json_question
from vard_http.ctl.console import say
from vard_http.ctl.failures import Exit, Failed
from vard_http.ctl.groups import GoGroup
from vard_http.ctl.requests import ask, ask_for, read
from vard_http.ctl.session import Session, pass_session

_PATH = "/v2/auth/roles"

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])


def _permission(command: _Decorated) -> _Decorated:
    """The flags that say what may be done, and below which path."""
    for option in (
        click.option("--readwrite", "--rw", is_flag=True, help="Reading and writing."),
        click.option("--write", is_flag=True, help="Writing only."),
        click.option("--read", is_flag=True, help="Reading only."),
        click.option(
            "--path", default="", metavar="PATH", help="Of which key; /dir/* is all below /dir."
        ),
    ):
        command = option(command)
    return command


@click.group(cls=GoGroup)
def role() -> None:
    """Add, show, change and remove roles."""


@role.command("list")
@takes("")
@pass_session
def list_(session: Session, arguments: tuple[str, ...]) -> None:
    """List the roles."""
    none_accepted(arguments)
    response = ask_for(cluster_of(session), Question("GET", _PATH), told=False)
    for each in read(response).get("roles") or ():
        say(each["role"])


@role.command()
@takes("ROLE")
@pass_session
def get(session: Session, arguments: tuple[str, ...]) -> None:
    """Show what a role may do."""
    cluster, name = _cluster_and_name(session, arguments)
    found = read(ask_for(cluster, Question("GET", _path(name))))
    keys = found["permissions"]["kv"]
    say(f"Role: {found['role']}")
    for title, kind in (("Read", "read"), ("Write", "write")):
        say(f"KV {title}:")
        for path in keys[kind] or ():
            say(f"\t{path}")


@role.command()
@takes("ROLE")
@pass_session
def add(session: Session, arguments: tuple[str, ...]) -> None:
    """Add a role that may do nothing yet."""
    cluster, name = _cluster_and_name(session, arguments)
    if ask(cluster, Question("GET", _path(name))).status == HTTPStatus.OK:
        raise Failed(Exit.BAD_ARGUMENTS, f"Role {name} already exists")
    ask_for(cluster, json_question("PUT", _path(name), _role(name)), *DONE)
    say(f"Role {name} created")


@role.command()
@takes("ROLE")
@pass_session
def remove(session: Session, arguments: tuple[str, ...]) -> None:
    """Remove a role."""
    cluster, name = _cluster_and_name(session, arguments)
    ask_for(cluster, Question("DELETE", _path(name)), *DONE)
    say(f"Role {name} removed")


@role.command()
@_permission
@takes("ROLE")
@pass_session
def grant(
    session: Session,
    path: str,
    read: bool,
    write: bool,
    readwrite: bool,
    arguments: tuple[str, ...],
) -> None:
    """Let a role read or write keys."""
    _change(session, "grant", _kinds(path, read, write, readwrite), path, arguments)


@role.command()
@_permission
@takes("ROLE")
@pass_session
def revoke(
    session: Session,
    path: str,
    read: bool,
    write: bool,
    readwrite: bool,
    arguments: tuple[str, ...],
) -> None:
    """No longer let a role read or write keys."""
    _change(session, "revoke", _kinds(path, read, write, readwrite), path, arguments)


def _kinds(path: str, read: bool, write: bool, readwrite: bool) -> list[str]:
    """Of `read` and `write`, those that are meant. Raises Failed."""
    if not path:
        raise Failed(Exit.BAD_ARGUMENTS, "No path specified; please use `--path`")
    if (canonical := _canonical(path)) != path:
        reason = f"Not canonical path; please use `--path={canonical}`"
        raise Failed(Exit.BAD_ARGUMENTS, reason)
    if [read, write, readwrite].count(True) != 1:
        reason = "Please specify exactly one of --read, --write or --readwrite"
        raise Failed(Exit.BAD_ARGUMENTS, reason)
    return [*(["read"] if read or readwrite else []), *(["write"] if write or readwrite else [])]


def _change(
    session: Session, change: str, kinds: list[str], path: str, arguments: tuple[str, ...]
) -> None:
    cluster, name = _cluster_and_name(session, arguments)
    before = read(ask_for(cluster, Question("GET", _path(name))))
    wanted = {**_role(name), change: _permissions({kind: [path] for kind in kinds})}
    after = read(ask_for(cluster, json_question("PUT", _path(name), wanted)))
    if after == before:
        done = "granted" if change == "grant" else "revoked"
        say(f"Role unchanged; already {done}", end="")
    say(f"Role {name} updated")


def _role(name: str) -> dict[str, Any]:
    return {"role": name, "permissions": _permissions({})}


def _permissions(paths: dict[str, list[str]]) -> dict[str, Any]:
    return {"kv": {"read": paths.get("read"), "write": paths.get("write")}}


def _canonical(path: str) -> str:
    clean = posixpath.normpath("/" + path.lstrip("/"))
    return clean + "/" if path.endswith("/") and clean != "/" else clean


def _cluster_and_name(session: Session, arguments: tuple[str, ...]) -> tuple[Cluster, str]:
    return cluster_and_name(session, arguments, "Please provide a role name")


def _path(name: str) -> str:
    return path_below(_PATH, name)
