"""A machine's disk: what is on it, and what the kernel has taken but not written there yet."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec

from vard_http.raft import Entry, HardState, SnapshotMeta
from vard_http.storage import Recovered


class StoredSnapshot(msgspec.Struct):
    """`whole` once its last chunk is there and it counts."""

    meta: SnapshotMeta
    chunks: list[bytes]
    whole: bool = False


class Image:
    """The content of a data directory; `base` is the index before the first entry."""

    def __init__(self) -> None:
        self.hard_state = HardState()
        self.base = 0
        self.entries: list[Entry] = []
        self.snapshots: dict[int, StoredSnapshot] = {}
        self.current: StoredSnapshot | None = None
        self.received_chunks = 0

    @property
    def snapshot_index(self) -> int:
        return 0 if self.current is None else self.current.meta.index

    @property
    def last_index(self) -> int:
        return max(self.snapshot_index, self.base + len(self.entries))

    def term_at(self, index: int) -> int | None:
        """The term of a stored entry; None for one that is not here."""
        position = index - self.base - 1
        return self.entries[position].term if 0 <= position < len(self.entries) else None

    def holds(self, index: int, term: int) -> bool:
        """Whether the entry of this position is here, or a snapshot that covers it."""
        return index <= self.snapshot_index or self.term_at(index) == term

    def recovered(self) -> Recovered:
        meta = None if self.current is None else self.current.meta
        return Recovered(self.hard_state, meta, list(self.entries))


Change = Callable[[Image], None]
"""One transaction: it is on the disk whole or not at all."""


class Disk:
    """`write` leaves a transaction with the kernel, `sync` puts all of them on the disk."""

    def __init__(self) -> None:
        self.image = Image()
        self.cached: list[Change] = []

    def write(self, change: Change) -> None:
        self.cached.append(change)

    def sync(self) -> None:
        """All that was written is durable from here on; a process that dies does no more."""
        cached, self.cached = self.cached, []
        for change in cached:
            change(self.image)

    def cut_power(self, chance: Random) -> tuple[int, int]:
        """Lose what was not synced, but for the first so many; returns how many stay and go."""
        cached, self.cached = self.cached, []
        kept = chance.randrange(len(cached) + 1)
        for change in cached[:kept]:
            change(self.image)
        return kept, len(cached) - kept
