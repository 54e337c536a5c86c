"""The signals that ask a process to end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """A signal came before there was anything to stop."""

    def __init__(self, received: signal.Signals) -> None:
        super().__init__(received.name)
        self.signal = received


def stop_signal() -> asyncio.Future[signal.Signals]:
    """Done with the first signal that asks us to stop; only the newest of these futures is."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[signal.Signals] = loop.create_future()

    def note(received: signal.Signals) -> None:
        if not stop.done():
            stop.set_result(received)

    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, note, wanted)
    return stop


async def unless_stopped(work: Awaitable[T]) -> T:
    """What `work` gives. Raises Stopped, with `work` cancelled, if a signal comes first."""
    stop, task = stop_signal(), asyncio.ensure_future(work)
    await asyncio.wait((stop, task), return_when=asyncio.FIRST_COMPLETED)
    if not stop.done():
        return task.result()
    task.cancel()
    await asyncio.wait((task,))
    raise Stopped(stop.result())


def die_by(received: signal.Signals) -> int:
    """End the way a process without handlers would; process 1 has to return instead."""
    if os.getpid() != 1:
        signal.signal(received, signal.SIG_DFL)
        os.kill(os.getpid(), received)
    return 0
