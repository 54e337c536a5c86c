"""A node's durable state behind one object, made by `open_storage`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from time import perf_counter

from vard_http.raft.messages import Entry, HardState, SnapshotMeta
from vard_http.storage.database import Database
from vard_http.storage.errors import StorageError, damaged
from vard_http.storage.lock import DirectoryLock
from vard_http.storage.log import Log
from vard_http.storage.snapshots import Snapshot, Snapshots
from vard_http.storage.types import Identity, Recovered


class SnapshotWriter:
    """A snapshot of this node's own state in the making; it counts only once committed."""

    def __init__(self, database: Database, snapshots: Snapshots, meta: SnapshotMeta) -> None:
        self._database = database
        self._snapshots = snapshots
        self._snapshot = snapshots.stage(meta)

    def write(self, chunk: bytes) -> None:
        """Store the next chunk."""
        self._snapshots.write(self._snapshot, chunk)

    def commit(self) -> None:
        """Make this the current snapshot; ValueError if one as new has been installed since."""
        with self._database.transaction() as connection:
            self._snapshots.make_whole(connection, self._snapshot)
        self._snapshots.make_current(self._snapshot)

    def abort(self) -> None:
        """Give the snapshot up; `release_snapshots` removes what was written."""
        self._snapshots.discard(self._snapshot)


class Storage:
    """An open data directory. Any thread may use it, but never two at a time.

    A method that writes raises StorageFailed if it cannot: that is final, and the process must
    stop. One that reads raises StorageError for what is damaged. ValueError means a caller's error,
    and nothing has been written. Indexes are below 2**63; terms and ids are unsigned 64-bit.
    """

    def __init__(self, database: Database, lock: DirectoryLock, identity: Identity) -> None:
        self.identity = identity
        self.commit_seconds = 0.0
        """How long the last `append` took, its fsync included."""
        self._database = database
        self._lock: DirectoryLock | None = lock
        self._snapshots = Snapshots(database)
        self._log = Log(database, self._snapshot_index)
        self._received: Snapshot | None = None

    @property
    def _snapshot_index(self) -> int:
        current = self._snapshots.current
        return 0 if current is None else current.meta.index

    def recover(self) -> Recovered:
        """Read back what is durable; to be called before anything is written.

        Raises StorageError if the log has a gap, an entry or the hard state is damaged, or the
        snapshot lacks a chunk. What the chunks hold is checked when they are read.
        """
        self._snapshots.check()
        hard_state = self._log.read_hard_state()
        entries = self._log.read()
        snapshot = self._snapshot_index
        if entries and not entries[0].index - 1 <= snapshot <= entries[-1].index:
            raise self._damaged(
                f"entries {entries[0].index} to {entries[-1].index} do not join the snapshot, "
                f"which ends at {snapshot}"
            )
        if hard_state.commit > self._log.last_index:
            raise self._damaged(
                f"entries up to {hard_state.commit} were committed, but the log ends at "
                f"{self._log.last_index}"
            )
        current = self._snapshots.current
        return Recovered(hard_state, None if current is None else current.meta, entries)

    def append(self, entries: Sequence[Entry], hard_state: HardState | None) -> None:
        """Make both durable in one transaction; entries replace all from the first one's index on.

        Raises ValueError if that would leave a gap, replace a committed entry or commit one that
        is not there.
        """
        start = perf_counter()
        self._log.append(entries, hard_state)
        self.commit_seconds = perf_counter() - start

    def compact(self, up_to_index: int, limit: int = 500) -> bool:
        """Drop a slice of the log up to `up_to_index`; returns whether more remains to be dropped.

        A slice is at most `limit` entries and 1 MiB, or one append if that was larger. An append
        that reaches beyond `up_to_index` stays whole. Raises ValueError for entries that are in no
        snapshot.
        """
        if up_to_index > self._snapshot_index:
            raise ValueError(f"entries up to {up_to_index} are not all in a snapshot")
        return self._log.compact(up_to_index, limit)

    def begin_snapshot(self, meta: SnapshotMeta) -> SnapshotWriter:
        """Begin a snapshot of this node's own state at `meta`, which the log must reach."""
        if not self._snapshot_index < meta.index <= self._log.last_index:
            raise ValueError(
                f"no snapshot at {meta.index}: the last is at {self._snapshot_index}, the log ends "
                f"at {self._log.last_index}"
            )
        return SnapshotWriter(self._database, self._snapshots, meta)

    def snapshot_chunk_count(self, index: int) -> int | None:
        """Of the snapshot at `index`; None if it is not there or was released."""
        return self._snapshots.chunk_count(index)

    def snapshot_chunk(self, index: int, number: int) -> bytes | None:
        """Chunk `number`, from 0 on, of the snapshot at `index`; None if there is none."""
        return self._snapshots.chunk(index, number)

    def read_snapshot(self, meta: SnapshotMeta) -> Iterator[bytes]:
        """The chunks of the snapshot `meta` in order; ValueError if it is not there."""
        return self._snapshots.read(meta)

    def release_snapshots(self, keep: Collection[int] = (), limit: int = 16) -> bool:
        """Drop at most `limit` chunks of old and unfinished snapshots; returns whether more remain.

        The current snapshot, those at the indexes in `keep` and those being made or received stay.
        """
        return self._snapshots.release(keep, limit)

    def receive_chunk(self, meta: SnapshotMeta, number: int, data: bytes) -> None:
        """Store a chunk of a leader's snapshot, durably; number 0 begins it anew.

        Raises ValueError for a chunk out of order.
        """
        if number == 0:
            self._discard_received()
            self._received = self._snapshots.stage(meta)
        received = self._received
        if received is None or received.meta != meta or received.chunks != number:
            raise ValueError(f"chunk {number} of {meta} does not follow on what was received")
        self._snapshots.write(received, data)

    def _discard_received(self) -> None:
        if self._received is not None:
            self._snapshots.discard(self._received)
            self._received = None

    def install_snapshot(self, meta: SnapshotMeta, hard_state: HardState | None) -> None:
        """Make the received snapshot current and drop the log it replaces, in one transaction.

        Entries after it stay only if the log holds the snapshot's last entry (thesis 5.3). Raises
        ValueError if `meta` is not what was received, or no newer than the current snapshot.
        """
        received = self._received
        if received is None or received.meta != meta:
            raise ValueError(f"no chunk of {meta} was received")
        with self._database.transaction() as connection:
            self._snapshots.make_whole(connection, received)
            last_index = self._log.replace_by(connection, meta, hard_state)
        self._snapshots.make_current(received)
        self._received = None
        self._log.last_index = last_index
        if hard_state is not None:
            self._log.commit_index = hard_state.commit

    @property
    def checkpoint_due(self) -> bool:
        """Whether enough was written since the last checkpoint for another."""
        return self._database.checkpoint_due

    @property
    def file_bytes(self) -> int:
        """What the database file and its write-ahead log take on disk."""
        return self._database.file_bytes

    def checkpoint(self) -> None:
        """Move what the write-ahead log holds into the database file."""
        self._database.checkpoint()

    def close(self) -> None:
        """Checkpoint, close and unlock; safe to call twice."""
        if self._lock is None:
            return
        try:
            self._database.close()
        finally:
            self._lock.release()
            self._lock = None

    def _damaged(self, what: str) -> StorageError:
        return damaged(self._database.path, what)
