"""The last 1000 events (contract 10.3, 10.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from vard_http.store.errors import EVENT_INDEX_CLEARED, StoreError
from vard_http.store.event import Event

CAPACITY: Final = 1000


class EventHistory:
    """A ring of events. Every index is one event, so an event's slot follows from its index."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._ring: list[Event | None] = [None] * CAPACITY
        self.start_index = 0
        self.last_index = 0
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        """Append the event that comes right after the last one."""
        index = event.index
        self._ring[index % CAPACITY] = event
        self.last_index = index
        if not self.start_index:
            self.start_index = index
        elif index - self.start_index >= CAPACITY:
            self.start_index = index - CAPACITY + 1

    def since(self, index: int) -> Iterator[Event]:
        """The kept events from `index` on."""
        if not self.start_index:
            return
        for number in range(max(index, self.start_index), self.last_index + 1):
            event = self._ring[number % CAPACITY]
            assert event is not None
            yield event

    def scan(self, path: bytes, recursive: bool, since: int, index: int) -> Event | None:
        """The first event from `since` on that a watch of `path` wants, if it has happened.

        Hidden names are not filtered here, and the removal of a directory matches every path that
        merely begins with the directory's, as in etcd. `index` is the store's, for the error.
        Raises StoreError 401 if `since` is older than the history.
        """
        if since < self.start_index:
            cause = b"the requested history has been cleared [%d/%d]" % (self.start_index, since)
            raise StoreError(EVENT_INDEX_CLEARED, cause, index)
        below = path if path.endswith(b"/") else path + b"/"
        for event in self.since(since):
            if event.refresh:
                continue
            if (
                event.path == path
                or (recursive and event.path.startswith(below))
                or (event.removes_directory and path.startswith(event.path))
            ):
                return event
        return None
