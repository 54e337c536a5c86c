"""What `top` knows while it runs, and what keys do to it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from vard_http.ctl.observe.snapshot import Snapshot
from vard_http.ctl.top.events import events
from vard_http.ctl.top.heading import heading
from vard_http.ctl.top.rows import rows
from vard_http.ctl.top.screen import View

WINDOW: Final = 60.0
"""Quantiles are of so many seconds."""

EVENTS: Final = 100
INTERVALS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class Watching:
    """`interval` is in seconds; `quit` and `paused` are what keys have said."""

    interval: float
    paused: bool = False
    quit: bool = False
    _history: deque[Snapshot] = field(default_factory=deque)
    _events: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=EVENTS))

    def see(self, snapshot: Snapshot, time_of_day: str) -> None:
        """Take in one more look at the cluster."""
        if self._history:
            happened = events(self._history[-1], snapshot)
            self._events.extend((time_of_day, what) for what in happened)
        self._history.append(snapshot)
        while len(self._history) > 2 and self._history[0].at < snapshot.at - WINDOW:
            self._history.popleft()

    def press(self, key: str) -> None:
        """What a key does; others do nothing."""
        if key in "qQ":
            self.quit = True
        elif key in "pP ":
            self.paused = not self.paused
        elif key in "+=":
            self.interval = next((one for one in INTERVALS if one > self.interval), INTERVALS[-1])
        elif key in "-_":
            shorter = [one for one in INTERVALS if one < self.interval]
            self.interval = shorter[-1] if shorter else INTERVALS[0]

    def view(self) -> View | None:
        """What there is to show; None before the first look."""
        if not self._history:
            return None
        return View(heading(self._history[-1]), rows(tuple(self._history)), tuple(self._events))
