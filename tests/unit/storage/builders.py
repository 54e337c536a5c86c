"""Small data for storage tests, and what to read it all back with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vard_http.raft.messages import NORMAL, Configuration, Entry, HardState, SnapshotMeta
from vard_http.storage import Identity, Recovered, Storage, open_storage

IDENTITY = Identity(cluster_id=2**64 - 1, node_id=2**63, name="néa")
CONFIGURATION = Configuration((1, 2**64 - 1), (7,))


def entry(index: int, term: int = 1) -> Entry:
    return Entry(index, term, NORMAL, b"value %d of term %d" % (index, term))


def entries(first: int, last: int, term: int = 1) -> list[Entry]:
    return [entry(index, term) for index in range(first, last + 1)]


def meta(index: int, term: int = 1) -> SnapshotMeta:
    return SnapshotMeta(index, term, CONFIGURATION)


def snapshot(storage: Storage, index: int, chunks: Iterable[bytes]) -> None:
    """Make a whole snapshot of the node's own."""
    writer = storage.begin_snapshot(meta(index))
    for chunk in chunks:
        writer.write(chunk)
    writer.commit()


def populate(storage: Storage) -> None:
    """A snapshot at 20, entries 11 to 60 and a hard state."""
    for first in range(1, 51, 5):
        storage.append(entries(first, first + 4), HardState(1, 2**63 + 1, first))
    snapshot(storage, 20, [b"a" * 9000, b"b" * 100, b"c" * 5000])
    while storage.compact(10):
        pass
    for index in range(51, 61):
        storage.append([Entry(index, 3, NORMAL, bytes([index]) * 700)], HardState(3, 1, index))


Content = tuple[Identity, Recovered, list[bytes]]


def read_all(data_dir: Path) -> Content:
    """Everything that survives a restart."""
    storage = open_storage(data_dir, None)
    try:
        recovered = storage.recover()
        chunks = list(storage.read_snapshot(recovered.snapshot)) if recovered.snapshot else []
        return storage.identity, recovered, chunks
    finally:
        storage.close()
