"""What the cluster is shown on, and the plain one: lines out, lines of commands in."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import sys
from collections.abc import Callable
from typing import Final, Protocol

from rich.console import Console
from rich.text import Text

COLOURS: Final = (
    *("cyan", "magenta", "yellow", "green", "blue"),
    *("bright_cyan", "bright_magenta", "bright_yellow", "bright_green"),
)
"""Of node 1, node 2, ...; red is for what is wrong."""

WRONG: Final = "bold red"
OWN: Final = "bold"
_STDIN: Final = 0
_PIECE: Final = 1 << 16

Typed = Callable[[str], None]


class Screen(Protocol):
    """Where lines go, and where what is typed comes from."""

    def say(self, text: str, style: str = OWN) -> None:
        """A line of our own."""

    def log(self, number: int, text: str, *, serious: bool) -> None:
        """A line of a node's log."""

    def refresh(self) -> None:
        """The status may have changed."""

    def close(self) -> None:
        """Leave the terminal as it was found."""


class Shell(Console):
    """A console whose reader may go away: `on_gone` is called, and nothing is written any more."""

    def __init__(self, on_gone: Callable[[], None]) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # a log line may hold anything
        super().__init__(soft_wrap=True, highlight=False, markup=False, emoji=False)
        self._on_gone = on_gone

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains at its end
        self._on_gone()


def log_text(number: int, text: str, *, serious: bool) -> Text:
    """A node's line behind its name in its colour."""
    line = Text(f"node{number} | ", style=COLOURS[number - 1])
    return line.append(text, style="red" if serious else "default")


class Plain:
    """Lines on stdout, and commands by lines from stdin, if there is one, until it ends."""

    def __init__(self, on_typed: Typed, on_gone: Callable[[], None]) -> None:
        self._on_typed = on_typed
        self._console = Shell(on_gone)
        self._rest = b""
        try:
            asyncio.get_running_loop().add_reader(_STDIN, self._take)
        except PermissionError:  # a file, which is all there already
            asyncio.get_running_loop().call_soon(self._take_all)
        except (OSError, ValueError):
            pass

    def say(self, text: str, style: str = OWN) -> None:
        self._print(Text(text, style=style))

    def log(self, number: int, text: str, *, serious: bool) -> None:
        self._print(log_text(number, text, serious=serious))

    def refresh(self) -> None:
        """Nothing stands still here."""

    def close(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            asyncio.get_running_loop().remove_reader(_STDIN)

    def _print(self, text: Text) -> None:
        with contextlib.suppress(OSError):  # the terminal has gone, and SIGHUP comes
            self._console.print(text)

    def _take_all(self) -> None:
        while self._take():
            pass

    def _take(self) -> bool:
        """Take what was typed; False if no more can come."""
        if _in_background():
            self.close()
            return False
        try:
            data = os.read(_STDIN, _PIECE)
        except OSError:
            data = b""
        if not data:
            self.close()
        *lines, self._rest = (self._rest + (data or b"\n")).split(b"\n")
        for line in lines:
            self._on_typed(line.decode(errors="replace"))
        return bool(data)


def _in_background() -> bool:
    """Whether what is typed is for another process of this terminal."""
    try:
        return os.tcgetpgrp(_STDIN) != os.getpgrp()
    except OSError:  # no terminal
        return False
