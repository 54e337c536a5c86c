"""Events in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any


class Scheduler:
    """Runs actions in order of time, in any unit; those of one instant in order of arrival."""

    def __init__(self) -> None:
        self.now = 0
        self.steps = 0
        self._count = 0
        self._queue: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []

    def after(self, delay: int, action: Callable[..., None], *args: Any) -> None:
        self._count += 1
        heappush(self._queue, (self.now + delay, self._count, action, args))

    def step(self) -> bool:
        """Run the next action; False if there is none."""
        if not self._queue:
            return False
        self.now, _, action, args = heappop(self._queue)
        self.steps += 1
        action(*args)
        return True

    def due(self, time: int) -> bool:
        """Whether there is an action to run by `time`."""
        return bool(self._queue) and self._queue[0][0] <= time

    def run_until(self, time: int) -> None:
        """Run all that is due by `time`."""
        while self.due(time):
            self.step()
        self.now = max(self.now, time)
