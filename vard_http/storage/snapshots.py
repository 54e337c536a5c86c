"""Snapshots in chunks. A snapshot is whole once its row counts its chunks, and garbage until then.

A chunk's key is its snapshot's id and its own number, 32 bits each, so that the chunks of one
snapshot are a range of rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import msgspec

from vard_http.raft.messages import SnapshotMeta
from vard_http.storage.codec import (
    blob_checksum,
    checksum,
    decode_configuration,
    encode,
    signed,
    unsigned,
)
from vard_http.storage.database import Database
from vard_http.storage.errors import StorageError, damaged

_INSERT = "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(slots=True, eq=False)
class Snapshot:
    """`chunks` counts those stored so far."""

    id: int
    meta: SnapshotMeta
    chunks: int = 0


def _key(snapshot_id: int, number: int) -> int:
    return snapshot_id << 32 | number


def _row(snapshot: Snapshot, *, whole: bool) -> tuple[object, ...]:
    meta = snapshot.meta
    configuration = encode(meta.configuration)
    chunks = snapshot.chunks if whole else None
    crc = checksum(snapshot.id, meta.index, meta.term, configuration, chunks)
    return (snapshot.id, meta.index, signed(meta.term), configuration, chunks, crc)


class Snapshots:
    """The current snapshot, older ones still being sent, and those in the making."""

    def __init__(self, database: Database) -> None:
        """Whatever a former process left beside the current snapshot is garbage."""
        self._database = database
        self._whole: dict[int, Snapshot] = {}
        self._staged: list[Snapshot] = []
        self._next_id = 1
        self.current: Snapshot | None = None
        for row in database.query("SELECT * FROM snapshot ORDER BY id"):
            self._load(*row)

    def _load(
        self, id: int, position: int, term: int, configuration: bytes, chunks: int | None, crc: int
    ) -> None:
        if checksum(id, position, unsigned(term), configuration, chunks) != crc:
            raise self._damaged(f"the record of the snapshot at {position} fails its checksum")
        self._next_id = id + 1
        if chunks is None or (self.current is not None and position <= self.current.meta.index):
            return
        try:
            meta = SnapshotMeta(position, unsigned(term), decode_configuration(configuration))
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._damaged(f"the snapshot at {position} is unreadable: {error}") from error
        self.current = Snapshot(id, meta, chunks)
        self._whole = {position: self.current}

    def check(self) -> None:
        """Raises StorageError if the current snapshot lacks a chunk; contents are not read."""
        if self.current is None:
            return
        bounds = (_key(self.current.id, 0), _key(self.current.id + 1, 0))
        sql = "SELECT count(*), max(id) FROM snapshot_chunk WHERE id >= ? AND id < ?"
        count, last = self._database.query(sql, bounds)[0]
        expected = self.current.chunks
        if count != expected or (expected and last != _key(self.current.id, expected - 1)):
            raise self._damaged(
                f"the snapshot at {self.current.meta.index} has {count} of {expected} chunks"
            )

    def stage(self, meta: SnapshotMeta) -> Snapshot:
        """Begin a snapshot that counts for nothing until it is made current."""
        snapshot = Snapshot(self._next_id, meta)
        with self._database.transaction() as connection:
            connection.execute(_INSERT, _row(snapshot, whole=False))
        self._next_id += 1
        self._staged.append(snapshot)
        return snapshot

    def write(self, snapshot: Snapshot, data: bytes) -> None:
        """Store the next chunk."""
        self._require_staged(snapshot)
        key = _key(snapshot.id, snapshot.chunks)
        with self._database.transaction(len(data)) as connection:
            row = (key, data, blob_checksum(key, 0, data))
            connection.execute("INSERT INTO snapshot_chunk VALUES (?, ?, ?)", row)
        snapshot.chunks += 1

    def make_whole(self, connection: sqlite3.Connection, snapshot: Snapshot) -> None:
        """Let it count, in the caller's transaction; `make_current` is to follow that."""
        self._require_staged(snapshot)
        if self.current is not None and snapshot.meta.index <= self.current.meta.index:
            raise ValueError(f"the snapshot at {self.current.meta.index} is not older")
        connection.execute(_INSERT, _row(snapshot, whole=True))

    def make_current(self, snapshot: Snapshot) -> None:
        self._staged.remove(snapshot)
        self._whole[snapshot.meta.index] = self.current = snapshot

    def _require_staged(self, snapshot: Snapshot) -> None:
        if snapshot not in self._staged:
            raise ValueError(f"the snapshot at {snapshot.meta.index} was finished or given up")

    def discard(self, snapshot: Snapshot) -> None:
        """Leave an unfinished snapshot to `release`."""
        if snapshot in self._staged:
            self._staged.remove(snapshot)

    def chunk_count(self, index: int) -> int | None:
        snapshot = self._whole.get(index)
        return None if snapshot is None else snapshot.chunks

    def chunk(self, index: int, number: int) -> bytes | None:
        """None if there is no such snapshot, or no such chunk in it."""
        snapshot = self._whole.get(index)
        if snapshot is None or not 0 <= number < snapshot.chunks:
            return None
        key = _key(snapshot.id, number)
        rows = self._database.query("SELECT data, crc FROM snapshot_chunk WHERE id = ?", (key,))
        if not rows:
            raise self._damaged(f"chunk {number} of the snapshot at {index} is missing")
        data: bytes = rows[0][0]
        if blob_checksum(key, 0, data) != rows[0][1]:
            raise self._damaged(f"chunk {number} of the snapshot at {index} fails its checksum")
        return data

    def read(self, meta: SnapshotMeta) -> Iterator[bytes]:
        snapshot = self._whole.get(meta.index)
        if snapshot is None or snapshot.meta != meta:
            raise ValueError(f"there is no snapshot {meta}")
        for number in range(snapshot.chunks):
            data = self.chunk(meta.index, number)
            if data is None:
                raise ValueError(f"the snapshot at {meta.index} was released while it was read")
            yield data

    def release(self, keep: Collection[int], limit: int) -> bool:
        """Drop at most `limit` chunks of garbage; returns whether more remain.

        Garbage is every snapshot but the current one, those at the indexes in `keep` and those
        still being made.
        """
        for index, snapshot in list(self._whole.items()):
            if snapshot is not self.current and index not in keep:
                with self._database.transaction() as connection:
                    connection.execute(_INSERT, _row(snapshot, whole=False))
                del self._whole[index]
        live = {snapshot.id for snapshot in (*self._whole.values(), *self._staged)}
        rows = self._database.query("SELECT id FROM snapshot ORDER BY id")
        garbage = [id for (id,) in rows if id not in live]
        if not garbage:
            return False
        return self._drop(garbage[0], limit) or len(garbage) > 1

    def _drop(self, id: int, limit: int) -> bool:
        sql = "SELECT id FROM snapshot_chunk WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
        chunks = self._database.query(sql, (_key(id, 0), _key(id + 1, 0), limit + 1))
        more = len(chunks) > limit
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM snapshot_chunk WHERE id = ?", chunks[:limit])
            if not more:
                connection.execute("DELETE FROM snapshot WHERE id = ?", (id,))
        return more

    def _damaged(self, what: str) -> StorageError:
        return damaged(self._database.path, what)
