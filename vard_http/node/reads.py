"""Linearizable reads of this node's clients: confirmed in batches, served once applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from vard_http.raft import ReadState
from vard_http.store import StoreError

ReadDone = Callable[[StoreError | None], None]


class Waiting(msgspec.Struct):
    """A read on its way; times are time.monotonic() seconds."""

    done: ReadDone
    started: float


class Batch(msgspec.Struct):
    """Reads that share one confirmation; `index` is None until that has come."""

    reads: list[Waiting]
    asked: float
    index: int | None = None


class LinearizableReads:
    """Reads by the number (`context`) under which the core was asked for an index.

    Numbers begin at `first`, to be drawn anew at each start: an answer to a read of an earlier run
    may still be on its way, and must not let one of this run see the past.
    """

    __slots__ = ("_batches", "_context", "_new")

    def __init__(self, first: int) -> None:
        self._context = first
        self._new: list[Waiting] = []
        self._batches: dict[int, Batch] = {}

    def __bool__(self) -> bool:
        return bool(self._new or self._batches)

    def add(self, done: ReadDone, now: float) -> None:
        """A read that came in now."""
        self._new.append(Waiting(done, now))

    def ask(self, now: float, again_before: float) -> Iterator[int]:
        """The contexts to ask the core for: that of the new reads, and those asked too long ago."""
        for context, batch in self._batches.items():
            if batch.index is None and batch.asked <= again_before:
                batch.asked = now
                yield context
        if self._new:
            self._context += 1
            self._batches[self._context] = Batch(self._new, now)
            self._new = []
            yield self._context

    def confirm(self, state: ReadState) -> None:
        """From `state.index` on the batch may be served."""
        batch = self._batches.get(state.context)
        if batch is not None and batch.index is None:
            batch.index = state.index

    def ready(self, applied: int) -> Iterator[Waiting]:
        """Take the reads that may be served now that `applied` is."""
        ready = [
            context
            for context, batch in self._batches.items()
            if batch.index is not None and batch.index <= applied
        ]
        for context in ready:
            yield from self._batches.pop(context).reads

    def overdue(self, before: float) -> Iterator[Waiting]:
        """Take those that started before the given time."""
        for context, batch in list(self._batches.items()):
            late = [read for read in batch.reads if read.started <= before]
            if late:
                batch.reads = [read for read in batch.reads if read.started > before]
                if not batch.reads:
                    del self._batches[context]
                yield from late
