"""What stands behind the flags of etcdctl's commands."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

from vard_http.ctl.completion.keys import complete_key
from vard_http.ctl.completion.names import complete_member, complete_role, complete_user
from vard_http.ctl.completion.words import Complete
from vard_http.ctl.failures import Exit, Failed, failed

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])

_COMPLETIONS: Final[Mapping[str, Complete]] = {
    "KEY": complete_key,
    "MEMBER_ID": complete_member,
    "USER": complete_user,
    "ROLE": complete_role,
}


def takes(metavar: str) -> Callable[[_Decorated], _Decorated]:
    """All arguments, as `arguments`; etcdctl's commands count them themselves.

    A shell completes the first by what `metavar` calls it.
    """
    first = re.match(r"\[?(\w+)", metavar)
    return click.argument(
        "arguments",
        nargs=-1,
        type=click.UNPROCESSED,
        metavar=metavar,
        shell_complete=_COMPLETIONS.get(first[1]) if first else None,
    )


def first_key(arguments: Sequence[str]) -> str:
    """The key that a command is about. Raises Failed."""
    if not arguments:
        raise failed(Exit.BAD_ARGUMENTS, "key required")
    return arguments[0]


def value_of(arguments: Sequence[str]) -> str:
    """The value that follows a key, else all of standard input. Raises Failed."""
    if len(arguments) > 1:
        return arguments[1]
    value = sys.stdin.buffer.read().decode(errors="surrogateescape")
    if not value:
        raise failed(Exit.BAD_ARGUMENTS, "value required")
    return value


def none_accepted(arguments: Sequence[str]) -> None:
    """Raises Failed if there are any."""
    if arguments:
        raise Failed(Exit.BAD_ARGUMENTS, "No arguments accepted")


def only(arguments: Sequence[str], complaint: str) -> str:
    """The one argument there is. Raises Failed."""
    if len(arguments) != 1:
        raise Failed(Exit.BAD_ARGUMENTS, complaint)
    return arguments[0]
