"""Snapshots and compaction in small slices, between turns."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import structlog

from vard_http.node.metrics import Metrics
from vard_http.raft import Raft, SnapshotMeta
from vard_http.storage import SnapshotWriter, Storage
from vard_http.store import Store, dump

log = structlog.get_logger("snapshot")

CATCH_UP_ENTRIES: Final = 5000
"""Entries before a snapshot that stay for followers that are a little behind (as in etcd)."""


class Snapshotting:
    """Makes a snapshot every `count` entries, then drops the log and the snapshots before it."""

    def __init__(
        self,
        raft: Raft,
        storage: Storage,
        store: Store,
        metrics: Metrics,
        *,
        count: int,
        catch_up: int,
    ) -> None:
        """`catch_up` is how many entries before a snapshot stay."""
        self._raft = raft
        self._storage = storage
        self._store = store
        self._metrics = metrics
        self._count = count
        self._catch_up = catch_up
        self._work: Iterator[None] | None = None
        self._writer: SnapshotWriter | None = None

    def work(self) -> bool:
        """Do one slice if there is anything to do; True if there is more."""
        if self._storage.checkpoint_due:
            # A snapshot in the making writes too: what it leaves undone would be one long pause.
            started = time.perf_counter()
            self._storage.checkpoint()
            self._metrics.backend_commit.observe(time.perf_counter() - started)
            return self._work is not None
        if self._work is None:
            if self._raft.last_applied - self._raft.snapshot_index >= self._count:
                self._work = self._snapshot()
            return self._work is not None
        try:
            next(self._work)
        except StopIteration:
            self._work = None
        return True

    def abandon(self) -> None:
        """A snapshot from the leader has overtaken ours."""
        self._work = None
        if self._writer is not None:
            self._writer.abort()
            self._writer = None

    def chunk(self, meta: SnapshotMeta, number: int) -> tuple[bytes, bool]:
        """The data of a chunk to be sent, and whether it is the last."""
        data = self._storage.snapshot_chunk(meta.index, number)
        count = self._storage.snapshot_chunk_count(meta.index)
        assert data is not None
        assert count is not None
        return data, number == count - 1

    def _snapshot(self) -> Iterator[None]:
        started = time.perf_counter()
        meta = self._raft.applied_position()
        chunks = dump(self._store)
        self._writer = self._storage.begin_snapshot(meta)
        for chunk in chunks:
            self._writer.write(chunk)
            yield
        self._writer.commit()
        self._writer = None
        self._raft.snapshot_taken(meta, self._catch_up)
        self._metrics.snapshot_save.observe(time.perf_counter() - started)
        log.info("snapshot taken", index=meta.index)
        yield
        while self._storage.compact(meta.index - self._catch_up):
            yield
        while self._storage.release_snapshots(self._raft.snapshots_in_use()):
            yield
