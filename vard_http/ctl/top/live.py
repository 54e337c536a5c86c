"""`top` on a terminal, until somebody quits."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from vard_http.ctl.observe.poll import Poller
from vard_http.ctl.top.keyboard import keys
from vard_http.ctl.top.screen import screen
from vard_http.ctl.top.watching import Watching


async def watch(poller: Poller, interval: float, console: Console) -> None:
    """Shows the cluster on the whole of `console`; returns when q is pressed."""
    watching = Watching(interval)
    changed, looked = asyncio.Event(), asyncio.Event()

    def pressed(key: str) -> None:
        watching.press(key)
        changed.set()
        looked.set()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGWINCH, changed.set)
    looking = asyncio.ensure_future(_look(poller, watching, changed, looked))
    looking.add_done_callback(lambda _: changed.set())
    try:
        with keys(pressed), Live(console=console, screen=True, auto_refresh=False) as display:
            while not watching.quit and not looking.done():
                display.update(_drawn(watching, console), refresh=True)
                await changed.wait()
                changed.clear()
        if looking.done():
            looking.result()
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking


async def _look(
    poller: Poller, watching: Watching, changed: asyncio.Event, pressed: asyncio.Event
) -> None:
    """One look after the other, at equal intervals as far as the members answer in time."""
    due = time.monotonic()
    while True:
        if not watching.paused and time.monotonic() >= due:
            begun = time.monotonic()
            watching.see(await poller.poll(), time.strftime("%H:%M:%S"))
            changed.set()
            due = begun + watching.interval
        due = min(due, time.monotonic() + watching.interval)
        pause = None if watching.paused else max(0.0, due - time.monotonic())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pressed.wait(), pause)
            pressed.clear()


def _drawn(watching: Watching, console: Console) -> RenderableType:
    view = watching.view()
    if view is None:
        return Text("looking for the members ...")
    return screen(
        view,
        console.width,
        console.height,
        interval=watching.interval,
        paused=watching.paused,
        now=time.strftime("%H:%M:%S"),
    )
