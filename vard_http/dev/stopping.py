"""When to end: asked for by a signal, by a command, or because something failed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(asyncio.Event):
    """Set when all is to end. To be made inside the event loop, before there is anything to end.

    A signal that comes when the end has begun already calls `at_once`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.at_once: Callable[[], None] = _nothing
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._signalled)

    def _signalled(self) -> None:
        if self.is_set():
            self.at_once()
        self.set()


def _nothing() -> None:
    """There is nothing to end yet."""
