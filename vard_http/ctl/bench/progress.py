"""How far a run is, on a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from vard_http.ctl.bench.running import Run
from vard_http.ctl.console import error_console
from vard_http.ctl.observe import text

_EVERY: Final = 0.2


class Progress:
    """A bar for each part of a run; nothing where standard error is no terminal."""

    def __init__(self, run: Run) -> None:
        self._run = run
        console = error_console()
        self._bars = Bars(
            TextColumn("{task.description:<16}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Progress:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    async def follow(self, what: str, work: Coroutine[Any, Any, object]) -> None:
        """Await `work`, and show meanwhile how far the run is."""
        bar = self._bars.add_task(what, total=1.0, told="")
        showing = asyncio.ensure_future(self._show(bar))
        try:
            await work
        finally:
            showing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await showing
            self._bars.update(bar, completed=self._run.part_done)

    async def _show(self, bar: Any) -> None:
        before, then = self._run.count, time.monotonic()
        while True:
            await asyncio.sleep(_EVERY)
            count, now = self._run.count, time.monotonic()
            told = f"{text.rate((count - before) / (now - then))}/s"
            self._bars.update(bar, completed=self._run.part_done, told=told)
            before, then = count, now
