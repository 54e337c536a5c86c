"""Making a turn's result durable: on the event loop while the disk is fast, else in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from vard_http.node.metrics import Metrics
from vard_http.raft import Ready
from vard_http.storage import Storage

SLOW_DISK_SECONDS: Final = 0.003
FAST_DISK_SECONDS: Final = 0.001
"""Commits that take longer than the one go to a thread, until they take less than the other."""

Written = Callable[[Ready, BaseException | None], None]


class Writer:
    """Carries out step 2 of a Ready, one at a time; `busy` while a thread is at it."""

    def __init__(self, storage: Storage, metrics: Metrics) -> None:
        self._storage = storage
        self._metrics = metrics
        self._executor: ThreadPoolExecutor | None = None
        self._commit_seconds = 0.0
        self.busy = False

    def write(self, ready: Ready, written: Written) -> bool:
        """Make `ready` durable. True: that is done; False: a thread does it, then calls `written`
        in the event loop.

        Raises StorageFailed, also to `written`.
        """
        if not (ready.entries or ready.hard_state is not None or ready.chunk is not None):
            return True
        if self._commit_seconds <= SLOW_DISK_SECONDS:
            self._write(ready)
            return True
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, "storage")
        self.busy = True
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._executor, self._write, ready)
        future.add_done_callback(lambda done: self._ended(ready, done.exception(), written))
        return False

    def close(self) -> None:
        """Wait for the thread, if there is one."""
        if self._executor is not None:
            self._executor.shutdown()

    def _ended(self, ready: Ready, error: BaseException | None, written: Written) -> None:
        self.busy = False
        if self._commit_seconds < FAST_DISK_SECONDS:
            self._commit_seconds = 0.0
        written(ready, error)

    def _write(self, ready: Ready) -> None:
        """May run in a thread, but nothing else touches storage meanwhile."""
        storage, chunk = self._storage, ready.chunk
        if chunk is not None:
            storage.receive_chunk(chunk.meta, chunk.number, chunk.data)
            if chunk.last:
                storage.install_snapshot(chunk.meta, ready.hard_state)
        if ready.entries or ready.hard_state is not None:
            storage.append(ready.entries, ready.hard_state)
            self._metrics.wal_fsync.observe(storage.commit_seconds)
        self._commit_seconds += (storage.commit_seconds - self._commit_seconds) / 8
