"""Faults of the storage: what it makes durable, what it gives back, what it trusts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from vard_http.raft import Entry, HardState, SnapshotMeta
from vard_http.storage import Storage, StorageFailed, database
from vard_http.storage import log as storage_log
from vard_http.storage import snapshots as storage_snapshots
from vard_http.storage.codec import decode_entries, unsigned
from vard_http.storage.database import Database
from vard_http.storage.log import Log
from vard_http.storage.snapshots import Snapshot, Snapshots


def commit_without_sync(patch: pytest.MonkeyPatch) -> None:
    """A commit is not synced to the disk."""
    settings = [
        ("synchronous", "OFF", 0) if name == "synchronous" else (name, value, expected)
        for name, value, expected in database._SETTINGS
    ]
    patch.setattr(database, "_SETTINGS", settings)


def commit_at_the_next_write(patch: pytest.MonkeyPatch) -> None:
    """A transaction is committed only when the next one begins."""

    @contextmanager
    def transaction(held: Database, size: int = 0) -> Iterator[sqlite3.Connection]:
        connection = held._connection
        if connection.in_transaction:
            connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        yield connection

    patch.setattr(Database, "transaction", transaction)


def go_on_after_a_failed_write(patch: pytest.MonkeyPatch) -> None:
    """A write that failed is reported, and the next one is tried all the same."""
    patch.setattr(Database, "_fail", lambda _, message: StorageFailed(message))


def lose_the_last_row(patch: pytest.MonkeyPatch) -> None:
    """The last append is not read back at a restart."""
    original = Log.read

    def read(log: Log) -> list[Entry]:
        rows = log._database.query("SELECT max(first) FROM log")
        return [entry for entry in original(log) if entry.index < (rows[0][0] or 0)]

    patch.setattr(Log, "read", read)


def lose_the_hard_state(patch: pytest.MonkeyPatch) -> None:
    """Term and vote are not written when entries are."""
    original = Log.append

    def append(log: Log, entries: Sequence[Entry], hard_state: HardState | None) -> None:
        original(log, entries, None if entries else hard_state)

    patch.setattr(Log, "append", append)


def keep_the_conflicting_suffix(patch: pytest.MonkeyPatch) -> None:
    """Entries that are replaced stay beside those that replace them."""

    def truncate(log: Log, connection: sqlite3.Connection, index: int) -> None:
        connection.execute("DELETE FROM log WHERE last = ?", (index,))

    patch.setattr(Log, "_truncate", truncate)


def cut_whole_rows(patch: pytest.MonkeyPatch) -> None:
    """Where a row is divided, its head goes with its tail."""

    def truncate(log: Log, connection: sqlite3.Connection, index: int) -> None:
        connection.execute("DELETE FROM log WHERE last >= ?", (index,))

    patch.setattr(Log, "_truncate", truncate)


def replace_what_is_committed(patch: pytest.MonkeyPatch) -> None:
    """An append may replace entries that are committed."""
    original = Log.append

    def append(log: Log, entries: Sequence[Entry], hard_state: HardState | None) -> None:
        commit, log.commit_index = log.commit_index, 0
        original(log, entries, hard_state)
        log.commit_index = log.commit_index or commit

    patch.setattr(Log, "append", append)


def trust_rows_unchecked(patch: pytest.MonkeyPatch) -> None:
    """The checksums of the log's rows are not compared."""
    patch.setattr(Log, "_decode", lambda log, last, first, data, crc: decode_entries(data))


def trust_the_hard_state_unchecked(patch: pytest.MonkeyPatch) -> None:
    """The checksum of term and vote is not compared."""

    def read_hard_state(log: Log) -> HardState:
        rows = log._database.query("SELECT term, vote, commit_index FROM hard_state")
        term, vote, commit = rows[0]
        return HardState(unsigned(term), unsigned(vote), commit)

    patch.setattr(Log, "read_hard_state", read_hard_state)


def trust_chunks_unchecked(patch: pytest.MonkeyPatch) -> None:
    """The checksums of a snapshot's chunks are not compared."""
    patch.setattr(storage_snapshots, "blob_checksum", lambda *_: 0)


def compact_what_is_in_no_snapshot(patch: pytest.MonkeyPatch) -> None:
    """Entries are dropped before a snapshot holds them."""

    def compact(storage: Storage, up_to_index: int, limit: int = 500) -> bool:
        return storage._log.compact(up_to_index, limit)

    patch.setattr(Storage, "compact", compact)


def install_beside_the_old_log(patch: pytest.MonkeyPatch) -> None:
    """An installed snapshot leaves a log that it contradicts."""

    def replace_by(
        log: Log,
        connection: sqlite3.Connection,
        meta: SnapshotMeta,
        hard_state: HardState | None,
    ) -> int:
        if hard_state is not None:
            row = storage_log.hard_state_row(hard_state)
            connection.execute(storage_log.INSERT_HARD_STATE, row)
        return max(log.last_index, meta.index)

    patch.setattr(Log, "replace_by", replace_by)


def count_an_unfinished_snapshot(patch: pytest.MonkeyPatch) -> None:
    """A snapshot counts from its first chunk on."""
    original = Snapshots.write

    def write(snapshots: Snapshots, snapshot: Snapshot, data: bytes) -> None:
        original(snapshots, snapshot, data)
        with snapshots._database.transaction() as connection:
            row = storage_snapshots._row(snapshot, whole=True)
            connection.execute(storage_snapshots._INSERT, row)

    patch.setattr(Snapshots, "write", write)


def take_received_chunks_in_any_order(patch: pytest.MonkeyPatch) -> None:
    """A chunk is stored after those that are there, whatever its number."""

    def receive_chunk(storage: Storage, meta: SnapshotMeta, number: int, data: bytes) -> None:
        if storage._received is None:
            storage._received = storage._snapshots.stage(meta)
        storage._snapshots.write(storage._received, data)

    patch.setattr(Storage, "receive_chunk", receive_chunk)
