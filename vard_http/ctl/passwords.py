"""Passwords that are typed."""

from __future__ import annotations

import getpass
import sys

from vard_http.ctl.console import say


def ask_password(prompt: str) -> str:
    """One line: from the terminal, where it does not show, or from standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    say(prompt, end="")
    password = sys.stdin.readline().rstrip("\n")
    say()
    return password
