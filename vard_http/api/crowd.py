"""The connections of clients, and how many there may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger("api")

T = TypeVar("T")


class Crowd(Generic[T]):
    """Connections that are served here, beside those that were handed on.

    There may be `limit` of both (0: any number); `handed_on` counts the others, which takes a
    while and is asked only when the limit seems to be reached.
    """

    def __init__(self, limit: int, handed_on: Callable[[], int]) -> None:
        self.refused = 0
        self._limit = limit
        self._count_handed_on = handed_on
        self._handed_on = 0
        self._here: set[T] = set()
        self._full = False

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._here))

    def enter(self, connection: T) -> bool:
        """Let a new connection in, if there is room."""
        if self._limit and not self._has_room():
            self.refused += 1
            if not self._full:
                self._full = True
                log.warning("too many client connections: refusing more", limit=self._limit)
            return False
        self._full = False
        self._here.add(connection)
        return True

    def leave(self, connection: T) -> None:
        """A connection is closed."""
        self._here.discard(connection)

    def hand_on(self, connection: T) -> None:
        """Others serve a connection from now on."""
        self._here.discard(connection)
        self._handed_on += 1

    def _has_room(self) -> bool:
        if len(self._here) + self._handed_on >= self._limit:
            self._handed_on = self._count_handed_on()
        return len(self._here) + self._handed_on < self._limit
