"""Passwords that are typed."""

from __future__ import annotations

import getpass
import sys

from vard_http.ctl.console import say


class NoPassword(Exception):
    """The input ended."""


def ask_password(prompt: str) -> str:
    """One line: from the terminal, where it does not show, or from standard input.

    Raises NoPassword.
    """
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    say(prompt, end="")
    line = sys.stdin.readline()
    if not line:
        raise NoPassword
    say()
    return line.rstrip("\n")
