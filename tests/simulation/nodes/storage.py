"""vard_http.storage.Storage on a simulated disk.

test_storage.py holds it against the real one: same answers, same refusals, same content.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from tests.simulation.nodes.disk import Change, Disk, Image, StoredSnapshot
from vard_http.raft import Entry, HardState, SnapshotMeta
from vard_http.storage import Identity, Recovered, SnapshotWriter, Storage, StorageFailed

CHECKPOINT_WRITES = 40


class Hardware(Protocol):
    """What lies between a process and its disk."""

    def writing(self) -> bool:
        """A transaction begins, and takes its time; whether the disk takes it."""

    def written(self) -> None:
        """It has left for the disk."""

    def synced(self) -> None:
        """It is durable."""

    def noting(self, what: str) -> None:
        """Something that runs are played for has come about."""

    @property
    def write_seconds(self) -> float:
        """How long the last transaction took."""


class Watching(Protocol):
    """Who sees what is to be appended, and that it was."""

    def appending(self, entries: Sequence[Entry], hard_state: HardState | None) -> None: ...
    def appended(self, entries: Sequence[Entry], hard_state: HardState | None) -> None: ...


class SimulatedWriter(SnapshotWriter):
    """A snapshot of the node's own state in the making."""

    def __init__(self, storage: SimulatedStorage, meta: SnapshotMeta) -> None:
        self._owner = storage
        self._id = storage.stage(meta)

    def write(self, chunk: bytes) -> None:
        self._owner.add_chunk(self._id, chunk)

    def commit(self) -> None:
        self._owner.make_current(self._id)

    def abort(self) -> None:
        self._owner.discard(self._id)


class SimulatedStorage(Storage):
    """The storage of one process; `disk` is what it leaves behind."""

    def __init__(
        self, disk: Disk, identity: Identity, hardware: Hardware, watching: Watching
    ) -> None:
        self.identity = identity
        self.commit_seconds = 0.0
        self._disk = disk
        self._hardware = hardware
        self._watching = watching
        self._failure: str | None = None
        self._writes = 0
        self._staged: set[int] = set()
        self._receiving: int | None = None
        self._next = 1 + max(disk.image.snapshots, default=0)
        image = disk.image
        self._whole = {} if image.current is None else {image.snapshot_index: image.current}

    @property
    def _image(self) -> Image:
        return self._disk.image

    def _transact(self, change: Change) -> None:
        if self._failure is not None:
            raise StorageFailed(self._failure)
        if not self._hardware.writing():
            self._disk.write(change)
            self._failure = "the simulated disk failed"
            raise StorageFailed(self._failure)
        self._disk.write(change)
        self._hardware.written()
        self._disk.sync()
        self._writes += 1
        self._hardware.synced()

    def recover(self) -> Recovered:
        self._image.received_chunks = 0
        return self._image.recovered()

    def append(self, entries: Sequence[Entry], hard_state: HardState | None) -> None:
        image = self._image
        last = image.last_index
        if entries:
            first, last = entries[0].index, entries[-1].index
            if not image.hard_state.commit < first <= image.last_index + 1:
                raise ValueError("entries that do not follow on the log")
            if last - first + 1 != len(entries):
                raise ValueError("entries with gaps")
        if hard_state is not None and hard_state.commit > last:
            raise ValueError("a commit index beyond the log")
        self._watching.appending(entries, hard_state)
        self._transact(lambda image: _append(image, entries, hard_state))
        self.commit_seconds = self._hardware.write_seconds
        self._watching.appended(entries, hard_state)

    def compact(self, up_to_index: int, limit: int = 500) -> bool:
        image = self._image
        if up_to_index > image.snapshot_index:
            raise ValueError("entries that are in no snapshot")
        dropped = min(limit, up_to_index - image.base, len(image.entries))
        if dropped <= 0:
            return False
        self._transact(lambda image: _drop(image, image.base + dropped))
        self._hardware.noting("log compacted")
        return up_to_index > self._image.base and bool(self._image.entries)

    def begin_snapshot(self, meta: SnapshotMeta) -> SnapshotWriter:
        if not self._image.snapshot_index < meta.index <= self._image.last_index:
            raise ValueError("no snapshot there")
        return SimulatedWriter(self, meta)

    def stage(self, meta: SnapshotMeta) -> int:
        """Begin a snapshot; returns its id."""
        number = self._next
        self._next += 1
        self._transact(lambda image: _stage(image, number, meta))
        self._staged.add(number)
        return number

    def add_chunk(self, number: int, data: bytes) -> None:
        """Store the next chunk of a snapshot in the making."""
        self._require_staged(number)
        self._transact(lambda image: image.snapshots[number].chunks.append(data))

    def make_current(self, number: int) -> None:
        """Let a snapshot of the node's own state count."""
        self._check_newer(number)
        self._transact(lambda image: _make_current(image, number))
        self._made_current(number)
        self._hardware.noting("snapshot taken")

    def _made_current(self, number: int) -> None:
        self._staged.discard(number)
        snapshot = self._image.snapshots[number]
        self._whole[snapshot.meta.index] = snapshot

    def _check_newer(self, number: int) -> None:
        self._require_staged(number)
        if self._image.snapshots[number].meta.index <= self._image.snapshot_index:
            raise ValueError("the current snapshot is not older")

    def _require_staged(self, number: int) -> None:
        if number not in self._staged:
            raise ValueError("the snapshot was finished or given up")

    def discard(self, number: int) -> None:
        """Leave an unfinished snapshot to `release_snapshots`."""
        self._staged.discard(number)

    def snapshot_chunk_count(self, index: int) -> int | None:
        snapshot = self._whole.get(index)
        return None if snapshot is None else len(snapshot.chunks)

    def snapshot_chunk(self, index: int, number: int) -> bytes | None:
        snapshot = self._whole.get(index)
        if snapshot is None or not 0 <= number < len(snapshot.chunks):
            return None
        return snapshot.chunks[number]

    def read_snapshot(self, meta: SnapshotMeta) -> Iterator[bytes]:
        snapshot = self._whole.get(meta.index)
        if snapshot is None or snapshot.meta != meta:
            raise ValueError(f"there is no snapshot {meta}")
        yield from snapshot.chunks

    def release_snapshots(self, keep: Collection[int] = (), limit: int = 16) -> bool:
        image = self._image
        for index, snapshot in list(self._whole.items()):
            if snapshot is not image.current and index not in keep:
                del self._whole[index]
        kept = {id(snapshot) for snapshot in self._whole.values()}
        garbage = [
            number
            for number, snapshot in image.snapshots.items()
            if id(snapshot) not in kept and number not in self._staged
        ]
        if not garbage:
            return False
        first = garbage[0]
        more = len(image.snapshots[first].chunks) > limit
        self._transact(lambda image: _release(image, first, limit))
        return more or len(garbage) > 1

    def receive_chunk(self, meta: SnapshotMeta, number: int, data: bytes) -> None:
        if number == 0:
            if self._receiving is not None:
                self.discard(self._receiving)
                self._receiving = None
            self._receiving = self.stage(meta)
        received = self._image.snapshots[self._receiving] if self._receiving is not None else None
        if received is None or received.meta != meta or len(received.chunks) != number:
            raise ValueError("a chunk out of order")
        assert self._receiving is not None
        self.add_chunk(self._receiving, data)
        self._image.received_chunks = number + 1

    def install_snapshot(self, meta: SnapshotMeta, hard_state: HardState | None) -> None:
        image, received = self._image, self._receiving
        if received is None or image.snapshots[received].meta != meta:
            raise ValueError("no chunk of this snapshot was received")
        self._check_newer(received)
        end = max(image.last_index, meta.index)
        if image.term_at(meta.index) != meta.term:
            end = meta.index
        commit = image.hard_state.commit if hard_state is None else hard_state.commit
        if commit > end:
            raise ValueError("a commit index beyond the log")
        self._transact(lambda image: _install(image, received, hard_state))
        self._made_current(received)
        self._hardware.noting("snapshot installed")
        self._receiving = None
        self._image.received_chunks = 0

    @property
    def checkpoint_due(self) -> bool:
        return self._writes >= CHECKPOINT_WRITES

    def checkpoint(self) -> None:
        self._transact(lambda image: None)
        self._writes = 0

    @property
    def file_bytes(self) -> int:
        """What the entries of the log take; snapshots and the file's own pages are left out."""
        return sum(len(entry.data) for entry in self._disk.image.entries)

    def close(self) -> None:
        """Nothing is left to do: all was synced."""


def _append(image: Image, entries: Sequence[Entry], hard_state: HardState | None) -> None:
    if entries:
        if not image.entries:
            image.base = entries[0].index - 1
        del image.entries[entries[0].index - image.base - 1 :]
        image.entries.extend(entries)
    if hard_state is not None:
        image.hard_state = hard_state


def _drop(image: Image, up_to: int) -> None:
    del image.entries[: up_to - image.base]
    image.base = up_to


def _stage(image: Image, number: int, meta: SnapshotMeta) -> None:
    image.snapshots[number] = StoredSnapshot(meta, [])


def _make_current(image: Image, number: int) -> None:
    image.current = image.snapshots[number]
    image.current.whole = True


def _release(image: Image, number: int, limit: int) -> None:
    snapshot = image.snapshots[number]
    snapshot.whole = False
    del snapshot.chunks[:limit]
    if not snapshot.chunks:
        del image.snapshots[number]


def _install(image: Image, number: int, hard_state: HardState | None) -> None:
    _make_current(image, number)
    assert image.current is not None
    meta = image.current.meta
    if image.term_at(meta.index) == meta.term:
        _drop(image, meta.index)
    else:
        image.entries, image.base = [], meta.index
    if hard_state is not None:
        image.hard_state = hard_state
