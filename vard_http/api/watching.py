"""Events of a watch as they go out on a connection (contract 10)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar, Final

from vard_http.api.keys import Watch
from vard_http.api.render import LAST_CHUNK, chunk
from vard_http.store import Event, Store, Watcher

MAX_BACKLOG: Final = 100
"""Events that may wait for a client that does not read, as in etcd."""

SLOW_BYTES: Final = 64 << 10
"""More than this unsent and the client counts as one that does not read."""

MAX_UNSENT: Final = 16 << 20
"""Bytes; events may be large, and a hundred of them too many. etcd only counts events."""


MAX_UNSENT_BY_ALL: Final = 256 << 20
"""Bytes that all such clients together may leave unsent: memory is the process's, not theirs."""


class EventStream:
    """Writes events straight to a transport, and calls `finished` when the watch is done.

    A client that falls too far behind silently gets no more events (contract 10.6).
    """

    __slots__ = (
        "_backlog",
        "_chunked",
        "_early",
        "_finished",
        "_stream",
        "_transport",
        "_unsent",
        "_watcher",
    )

    unsent_by_all: ClassVar[int] = 0
    """Of the clients that do not read, as far as they were when their last event came."""

    def __init__(
        self, transport: asyncio.Transport, *, chunked: bool, finished: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._chunked = chunked
        self._finished = finished
        self._backlog = 0
        self._unsent = 0
        self._early: list[Event] | None = []
        self._stream = False
        self._watcher: Watcher | None = None

    def register(self, store: Store, watch: Watch) -> None:
        """Note events from now on; they go out after `begin`. Raises StoreError (401)."""
        self._stream = watch.stream
        self._watcher = store.watch(
            watch.path,
            recursive=watch.recursive,
            stream=watch.stream,
            since=watch.since,
            deliver=self._deliver,
            ended=self._end,
        )

    def begin(self) -> None:
        """The head of the response is on its way: events may follow."""
        early, self._early = self._early, None
        for event in early or ():
            self._deliver(event)

    def close(self) -> None:
        """The client has gone."""
        self._note_unsent(0)
        if self._watcher is not None:
            self._watcher.cancel()

    def _deliver(self, event: Event) -> bool:
        if self._early is not None:
            self._early.append(event)
            return True
        transport, body = self._transport, event.to_json()
        if transport.is_closing():
            return False
        if not self._stream:
            # The one event ends the answer; while much is unsent no further request is read.
            transport.write(chunk(body) + LAST_CHUNK if self._chunked else body)
            self._finished()
            return True
        unsent = transport.get_write_buffer_size()
        slow = unsent > SLOW_BYTES
        self._backlog = self._backlog + 1 if slow else 0
        self._note_unsent(unsent if slow else 0)
        if self._backlog > MAX_BACKLOG or unsent > MAX_UNSENT:
            return False
        if slow and EventStream.unsent_by_all > MAX_UNSENT_BY_ALL:
            return False
        transport.write(chunk(body) if self._chunked else body)
        return True

    def _end(self) -> None:
        """Something was missed: the client has to look for itself, and come again."""
        if self._transport.is_closing():
            return
        self._note_unsent(0)
        if self._chunked:
            self._transport.write(LAST_CHUNK)
        self._finished()

    def _note_unsent(self, unsent: int) -> None:
        EventStream.unsent_by_all += unsent - self._unsent
        self._unsent = unsent
