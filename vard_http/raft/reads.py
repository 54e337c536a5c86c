"""ReadIndex: linearizable reads without log entries (thesis 6.4).

A leader notes its commit index, then makes sure by one round of heartbeats that it was still the
leader after the read came in. All reads that wait when messages go out share one round.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple


class PendingRead(NamedTuple):
    """A read asked for by `node` under its own number `context`."""

    number: int
    node: int
    context: int
    commit: int


class Reads:
    """The reads that a leader has not confirmed yet, in order of their rounds."""

    __slots__ = ("_pending", "_postponed", "_round_open", "round")

    def __init__(self) -> None:
        self.round = 0
        self._round_open = False
        self._pending: deque[PendingRead] = deque()
        self._postponed: list[tuple[int, int]] = []

    def __bool__(self) -> bool:
        return bool(self._pending or self._postponed)

    def clear(self) -> None:
        """Drop all: their askers ask again. Rounds are never reused within one run."""
        self._pending.clear()
        self._postponed.clear()
        self._round_open = False

    def postpone(self, node: int, context: int) -> None:
        """Keep a read until the leader has committed an entry of its own term."""
        self._postponed.append((node, context))

    def take_postponed(self) -> list[tuple[int, int]]:
        postponed, self._postponed = self._postponed, []
        return postponed

    def add(self, node: int, context: int, index: int) -> None:
        """Ask for confirmation that `index` is recent enough for this read."""
        if not self._round_open:
            self.round += 1
            self._round_open = True
        self._pending.append(PendingRead(self.round, node, context, index))

    def close_round(self) -> None:
        """The round's heartbeats leave now: later reads need another one."""
        self._round_open = False

    def confirmed(self, round: int) -> list[PendingRead]:
        """Take the reads of all rounds up to `round`."""
        done = []
        while self._pending and self._pending[0].number <= round:
            done.append(self._pending.popleft())
        return done
