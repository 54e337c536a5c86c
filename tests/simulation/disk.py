"""What survives a crash. A write is atomic: it is there whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from vard_http.raft import Configuration, Entry, HardState, Ready, Recovered, SnapshotMeta


@dataclass(frozen=True)
class StoredSnapshot:
    meta: SnapshotMeta
    chunks: list[bytes]


class Disk:
    """Entries `base + 1 ..`, hard state, snapshots whole and in part."""

    def __init__(self, configuration: Configuration) -> None:
        self.hard_state = HardState()
        self.base = 0
        self.entries: list[Entry] = []
        self.snapshot = StoredSnapshot(SnapshotMeta(0, 0, configuration), [])
        self.snapshots: dict[int, StoredSnapshot] = {}
        self.partial: list[bytes] = []

    @property
    def last_index(self) -> int:
        return self.base + len(self.entries)

    @property
    def received_chunks(self) -> int:
        return len(self.partial)

    def holds(self, index: int, term: int) -> bool:
        """Whether the entry of this position is here, or a snapshot that covers it."""
        if index <= self.snapshot.meta.index:
            return True
        position = index - self.base - 1
        return position < len(self.entries) and self.entries[position].term == term

    def write(self, ready: Ready) -> None:
        """Step 2 of a Ready."""
        chunk = ready.chunk
        if chunk is not None:
            if chunk.number == 0:
                self.partial = []
            assert chunk.number == len(self.partial), "a chunk is missing"
            self.partial.append(chunk.data)
            if chunk.last:
                hard_state = ready.hard_state or self.hard_state
                assert hard_state.commit <= chunk.meta.index, "it cannot be installed by itself"
                self._install(StoredSnapshot(chunk.meta, self.partial))
                self.partial = []
        if ready.entries:
            del self.entries[ready.entries[0].index - self.base - 1 :]
            self.entries.extend(ready.entries)
        if ready.hard_state is not None:
            self.hard_state = ready.hard_state

    def _install(self, snapshot: StoredSnapshot) -> None:
        self.store(snapshot)
        self.entries = []
        self.base = snapshot.meta.index

    def store(self, snapshot: StoredSnapshot) -> None:
        self.snapshot = snapshot
        self.snapshots[snapshot.meta.index] = snapshot

    def compact(self, index: int) -> None:
        if index > self.base:
            del self.entries[: index - self.base]
            self.base = index

    def forget_snapshots(self, in_use: set[int]) -> None:
        """Delete all others than those."""
        for index in self.snapshots.keys() - in_use:
            del self.snapshots[index]

    def recovered(self) -> Recovered:
        self.partial = []
        return Recovered(self.hard_state, self.snapshot.meta, tuple(self.entries))
