"""Proposals of this node's clients that wait for their entry to be applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from vard_http.store import Command, Event, StoreError

Outcome = Event | StoreError | None
Done = Callable[[Outcome], None]

_COUNTER_BITS = 48


class Waiting(msgspec.Struct):
    """A proposal on its way; times are time.monotonic() seconds."""

    command: Command
    done: Done
    started: float


class Pending:
    """Waiting proposals by request number, oldest first.

    A request number is unique in the cluster, and over restarts: 16 bits of the node's id, then a
    counter of 48 bits.
    """

    __slots__ = ("_next", "_prefix", "_waiting")

    def __init__(self, me: int, first: int) -> None:
        """The counter begins at `first`, to be drawn anew at each start.

        A date would not do: a machine without a clock of its own starts with the same one again
        and again, and would take entries of its last run for this one's.
        """
        self._prefix = (me & 0xFFFF) << _COUNTER_BITS
        self._next = first
        self._waiting: dict[int, Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, number: int) -> bool:
        return number in self._waiting

    def add(self, command: Command, done: Done, now: float) -> int:
        """Remember a proposal; returns its request number."""
        self._next += 1
        number = self._prefix | (self._next & ((1 << _COUNTER_BITS) - 1))
        self._waiting[number] = Waiting(command, done, now)
        return number

    def take(self, number: int) -> Waiting | None:
        """Whoever waits for this number, once."""
        return self._waiting.pop(number, None)

    def overdue(self, before: float) -> Iterator[Waiting]:
        """Take those that started before the given time."""
        while self._waiting:
            number = next(iter(self._waiting))
            if self._waiting[number].started > before:
                return
            yield self._waiting.pop(number)
