"""`vardctl lock`: a command that runs only while a lock of the cluster is held."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

import click

from vard_http.client import Lock
from vard_http.ctl.console import complain, say
from vard_http.ctl.failures import Exit, Failed, failed
from vard_http.ctl.processes import Signalled, Signals
from vard_http.ctl.session import Session, pass_session

DEFAULT_TTL: Final = 10
DEFAULT_GRACE: Final = 3.0


class Ended(IntEnum):
    """Statuses beside those of the command; the last two are those of shells."""

    LOST = 75
    TIMED_OUT = 124
    NOT_EXECUTABLE = 126
    NOT_FOUND = 127


ttl_option = click.option(
    "--ttl",
    type=click.IntRange(min=1),
    default=DEFAULT_TTL,
    show_default=True,
    metavar="SECONDS",
    help="After how long without a sign of life the next one gets it.",
)
timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help=f"How long to wait; then the status is {Ended.TIMED_OUT:d}. [default: for ever]",
)


@click.command()
@click.argument("name")
@click.argument("command", nargs=-1, metavar="[-- COMMAND...]")
@ttl_option
@timeout_option
@click.option(
    "--grace",
    type=click.FloatRange(min=0),
    default=DEFAULT_GRACE,
    show_default=True,
    metavar="SECONDS",
    help="How long after SIGTERM a COMMAND is killed that has lost the lock; and how long, when it"
    " has ended after a signal, what it started is waited for.",
)
@pass_session
def lock(
    session: Session,
    name: str,
    command: Sequence[str],
    ttl: int,
    timeout: float | None,
    grace: float,
) -> int:
    """Run COMMAND while holding the lock NAME; its status is passed on.

    Write -- before COMMAND. It finds the fencing index, which is higher with every holder, in
    VARD_LOCK_INDEX, and the lock's key in VARD_LOCK_KEY; what it changes elsewhere should refuse an
    index that is lower than one it has seen. Signals are passed on to it. If the lock is lost, it
    is ended, and the status is 75.

    Without COMMAND the fencing index and the key are printed, and the lock is held until SIGINT or
    SIGTERM.
    """
    if command:
        _check(command[0])
    signals = Signals()
    held = session.client.lock(named(name), ttl=ttl)
    try:
        try:
            if not held.acquire(timeout):
                raise Failed(
                    Ended.TIMED_OUT, f"Error:  the lock {name} was not had in {timeout:g} s"
                )
            if command:
                return _run(held, command, signals, grace)
            return _hold(held)
        finally:
            held.release()
    except Signalled as ending:
        return ending.status
    finally:
        signals.restore()


def named(name: str) -> str:
    """The name of a lock or an election. Raises Failed for one that names none."""
    parts = [part for part in name.split("/") if part]
    if not parts or "." in parts or ".." in parts:
        raise failed(Exit.BAD_ARGUMENTS, f"{name!r} names nothing")
    return "/".join(parts)


def _check(program: str) -> None:
    """What cannot be run needs no lock."""
    if shutil.which(program) is not None:
        return
    found = os.path.exists(program)
    status = Ended.NOT_EXECUTABLE if found else Ended.NOT_FOUND
    raise failed(status, f"{program}: {'cannot be executed' if found else 'no such command'}")


def _run(held: Lock, arguments: Sequence[str], signals: Signals, grace: float) -> int:
    environment = {
        **os.environ,
        "VARD_LOCK_INDEX": str(held.fencing_index),
        "VARD_LOCK_KEY": held.key,
    }
    try:
        command = signals.start(arguments, environment)
    except OSError as error:
        raise failed(Ended.NOT_EXECUTABLE, f"{arguments[0]}: {error.strerror}") from error
    lost = held.lost

    def end_when_lost() -> None:
        lost.wait()
        complain(_loss(held))
        command.end(grace)

    threading.Thread(target=end_when_lost, daemon=True).start()
    status = command.wait(grace)
    return Ended.LOST if lost.is_set() else status


def _hold(held: Lock) -> int:
    try:
        say(f"{held.fencing_index} {held.key}")
        held.lost.wait()
    except Signalled:
        return 0
    raise Failed(Ended.LOST, _loss(held))


def _loss(held: Lock) -> str:
    return f"Error:  the lock is lost: {held.reason}"
