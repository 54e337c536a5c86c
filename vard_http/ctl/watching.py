"""`watch` and `exec-watch`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

import click

from vard_http.ctl.arguments import first_key, takes
from vard_http.ctl.console import complain, say
from vard_http.ctl.failures import Exit, Failed, failed
from vard_http.ctl.goflags import GO_INT, GoCommand, sorted_out
from vard_http.ctl.interrupts import interruptible
from vard_http.ctl.keyspace import Event, Keys
from vard_http.ctl.rendering import show
from vard_http.ctl.session import Session, pass_session
from vard_http.govalues import quote

_after_index = click.option(
    "--after-index",
    type=GO_INT,
    default=0,
    metavar="INDEX",
    help="From the first change after this index on.",
)
_recursive = click.option(
    *("--recursive", "-r"), is_flag=True, help="Changes of all keys below KEY, too."
)


@click.command(cls=GoCommand)
@click.option("--forever", "-f", is_flag=True, help="Until Ctrl-C, and not only one change.")
@_after_index
@_recursive
@takes("KEY")
@pass_session
def watch(
    session: Session,
    forever: bool,
    after_index: int,
    recursive: bool,
    arguments: tuple[str, ...],
) -> None:
    """Wait for a change of a key, and show it."""
    keys = Keys(session.cluster)
    key = first_key(arguments)
    with interruptible():
        for event in keys.watch(key, recursive=recursive, after_index=after_index):
            if event.node.get("dir"):
                continue
            if recursive:
                say(f"[{event.action}] {event.node['key']}")
            show(event, session.options.output)
            if not forever:
                return


class _ExecWatch(GoCommand):
    """Leaves `--` between the key and the command where it is."""

    def flags_first(self, ctx: click.Context, args: Sequence[str]) -> list[str]:
        flags, others, behind = sorted_out(self, ctx, args)
        return [*flags, *others, *(["--", *behind] if behind is not None else [])]


@click.command("exec-watch", cls=_ExecWatch)
@_after_index
@_recursive
@takes("KEY -- COMMAND [ARGUMENT]...")
@pass_session
def exec_watch(
    session: Session, after_index: int, recursive: bool, arguments: tuple[str, ...]
) -> None:
    """Run a command for every change of a key.

    The command has the change in ETCD_WATCH_ACTION, ETCD_WATCH_KEY, ETCD_WATCH_VALUE and
    ETCD_WATCH_MODIFIED_INDEX. Commands do not wait for one another. As with etcdctl, the key may
    also be the last argument, without `--`.
    """
    keys = Keys(session.cluster)
    key, command = _key_and_command(arguments)
    started: list[subprocess.Popen[bytes]] = []
    with interruptible():
        for event in keys.watch(key, recursive=recursive, after_index=after_index):
            if event.node.get("dir"):
                complain(f"Ignored dir {event.node.get('key', '')} change")
                continue
            started = [process for process in started if process.poll() is None]
            started.append(_start(command, _environment(event, os.environ)))


def _key_and_command(arguments: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    if len(arguments) < 2:
        raise failed(Exit.BAD_ARGUMENTS, "key and command to exec required")
    if "--" in arguments[1:]:
        return arguments[0], arguments[2:]
    return arguments[-1], arguments[:-1]


def _environment(event: Event, environ: Mapping[str, str]) -> dict[str, str]:
    return {
        **environ,
        "ETCD_WATCH_ACTION": event.action,
        "ETCD_WATCH_MODIFIED_INDEX": str(event.node.get("modifiedIndex", 0)),
        "ETCD_WATCH_KEY": event.node.get("key", ""),
        "ETCD_WATCH_VALUE": event.node.get("value") or "",
    }


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment)
    except OSError as error:
        raise Failed(Exit.BAD_ARGUMENTS, _not_started(command[0], error)) from error


def _not_started(program: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and "/" not in program:
        return f"exec: {quote(program)}: executable file not found in $PATH"
    return f"fork/exec {program}: {(error.strerror or str(error)).lower()}"
