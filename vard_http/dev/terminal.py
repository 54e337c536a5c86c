"""A terminal: log lines run through, and the status stands still below them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from collections.abc import Callable
from typing import Any, Final

from rich.console import Group
from rich.live import Live
from rich.text import Text

from vard_http.dev.screen import OWN, Shell, Typed, log_text

_STDIN: Final = 0
_GATHER_SECONDS: Final = 0.05
_REFRESH_SECONDS: Final = 0.2
_LOCAL, _INPUT, _CONTROL = 3, 0, 6
"""Places in what tcgetattr() returns."""


class Terminal:
    """`status` gives the lines that stand still; what is typed goes to `on_typed` key by key."""

    def __init__(
        self, status: Callable[[], list[Text]], on_typed: Typed, on_gone: Callable[[], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._status = status
        self._on_typed = on_typed
        self._on_gone = on_gone
        self._console = Shell(on_gone)
        self._waiting: list[Text] = []
        self._timer: asyncio.TimerHandle | None = None
        self._as_found = termios.tcgetattr(_STDIN)
        self._live = Live(
            get_renderable=self._render,
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        termios.tcsetattr(_STDIN, termios.TCSADRAIN, _by_key(self._as_found))
        self._live.start()
        self._loop.add_reader(_STDIN, self._take)
        self._gather(_REFRESH_SECONDS)

    def say(self, text: str, style: str = OWN) -> None:
        self._add(Text(text, style=style))

    def log(self, number: int, text: str, *, serious: bool) -> None:
        self._add(log_text(number, text, serious=serious))

    def refresh(self) -> None:
        self._gather(_GATHER_SECONDS)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(_STDIN)
        with contextlib.suppress(OSError):
            self._print()
            self._live.stop()
        with contextlib.suppress(termios.error):
            termios.tcsetattr(_STDIN, termios.TCSADRAIN, self._as_found)

    def _add(self, line: Text) -> None:
        self._waiting.append(line)
        self._gather(_GATHER_SECONDS)

    def _gather(self, seconds: float) -> None:
        """Show what is new in `seconds`, with what comes until then."""
        due = self._loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._show)

    def _show(self) -> None:
        self._timer = None
        with contextlib.suppress(OSError):  # the terminal has gone, and SIGHUP comes
            self._print()
            self._live.refresh()
        self._gather(_REFRESH_SECONDS)

    def _print(self) -> None:
        lines, self._waiting = self._waiting, []
        if lines:
            self._console.print(Text("\n").join(lines))

    def _render(self) -> Group:
        lines = self._status()
        for line in lines:
            line.no_wrap, line.overflow = True, "crop"
            line.truncate(self._console.width)
        stroke = "─" if self._console.encoding.startswith("utf") else "-"
        return Group(Text(stroke * self._console.width, style="dim"), *lines)

    def _take(self) -> None:
        try:
            data = os.read(_STDIN, 1024)
        except OSError:
            data = b""
        if data:
            self._on_typed(data.decode(errors="ignore"))
        else:
            self._loop.remove_reader(_STDIN)
            self._on_gone()


def _by_key(attributes: list[Any]) -> list[Any]:
    """Keys come at once and are not echoed. Ctrl-C is a signal still.

    Ctrl-Z and Ctrl-S are not: they would stop the links between the nodes, and Ctrl-Z would leave
    the terminal as it is now.
    """
    changed = list(attributes)
    changed[_LOCAL] &= ~(termios.ICANON | termios.ECHO)
    changed[_INPUT] &= ~termios.IXON
    changed[_CONTROL] = list(changed[_CONTROL])
    changed[_CONTROL][termios.VSUSP] = b"\0"
    return changed
