"""The log and the hard state in their tables: append, truncate, compact, read back."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from vard_http.raft.messages import Entry, HardState, SnapshotMeta
from vard_http.storage.codec import (
    blob_checksum,
    checksum,
    decode_entries,
    encode_entries,
    signed,
    unsigned,
)
from vard_http.storage.database import Database
from vard_http.storage.errors import damaged

COMPACT_BYTES = 1 << 20

INSERT_HARD_STATE = "INSERT OR REPLACE INTO hard_state VALUES (1, ?, ?, ?, ?)"
_INSERT_BATCH = "INSERT INTO log VALUES (?, ?, ?, ?)"


def hard_state_row(state: HardState) -> tuple[int, int, int, int]:
    """The columns of `INSERT_HARD_STATE`."""
    return (
        signed(state.term),
        signed(state.vote),
        state.commit,
        checksum(state.term, state.vote, state.commit),
    )


def _batch_row(first: int, last: int, data: bytes) -> tuple[int, int, bytes, int]:
    """The columns of `_INSERT_BATCH`."""
    return last, first, data, blob_checksum(first, last, data)


class Log:
    """Rows are batches: the entries `first .. last` of one append."""

    def __init__(self, database: Database, base: int) -> None:
        """A log that continues after index `base`, the end of the snapshot, if it is empty."""
        self._database = database
        last: int | None = database.query("SELECT max(last) FROM log")[0][0]
        self.last_index = max(base, last or 0)
        self.commit_index = self.read_hard_state().commit

    def append(self, entries: Sequence[Entry], hard_state: HardState | None) -> None:
        """Make both durable at once; the entries replace all from the first one's index on.

        Raises ValueError, and writes nothing, if that would leave a gap, replace a committed entry
        or commit one that is not there.
        """
        last = self.last_index
        data = b""
        if entries:
            first, last = entries[0].index, entries[-1].index
            if not self.commit_index < first <= self.last_index + 1:
                raise ValueError(
                    f"entries from {first} on cannot follow on a log that ends at "
                    f"{self.last_index} and is committed up to {self.commit_index}"
                )
            if last - first + 1 != len(entries):
                raise ValueError(f"{len(entries)} entries from {first} to {last}")
            data = encode_entries(entries)
        if hard_state is not None and hard_state.commit > last:
            raise ValueError(f"commit index {hard_state.commit} is beyond the log's end, {last}")
        if entries and first > self.last_index and hard_state is None:
            self._database.write(_INSERT_BATCH, _batch_row(first, last, data), len(data))
        else:
            with self._database.transaction(len(data)) as connection:
                if entries:
                    if first <= self.last_index:
                        self._truncate(connection, first)
                    connection.execute(_INSERT_BATCH, _batch_row(first, last, data))
                if hard_state is not None:
                    connection.execute(INSERT_HARD_STATE, hard_state_row(hard_state))
        self.last_index = last
        if hard_state is not None:
            self.commit_index = hard_state.commit

    def _truncate(self, connection: sqlite3.Connection, index: int) -> None:
        """Drop the entries from `index` on; a batch that `index` divides keeps its head."""
        rows = self._database.query(
            "SELECT last, first, entries, crc FROM log WHERE last >= ? AND first < ?",
            (index, index),
        )
        connection.execute("DELETE FROM log WHERE last >= ?", (index,))
        for last, first, data, crc in rows:
            head = self._decode(last, first, data, crc)[: index - first]
            row = _batch_row(first, index - 1, encode_entries(head))
            connection.execute(_INSERT_BATCH, row)

    def compact(self, up_to_index: int, limit: int) -> bool:
        """Drop batches that end at or before `up_to_index`, at most `limit` entries if possible.

        Returns whether more remain. The batch that `up_to_index` divides stays.
        """
        rows = self._database.query(
            "SELECT last, first, length(entries) FROM log WHERE last <= ? ORDER BY last LIMIT ?",
            (up_to_index, limit + 1),
        )
        entries = size = 0
        end = None
        for last, first, length in rows:
            entries += last - first + 1
            size += length
            if end is not None and (entries > limit or size > COMPACT_BYTES):
                break
            end = last
        if end is None:
            return False
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM log WHERE last <= ?", (end,))
        return bool(end != rows[-1][0])

    def replace_by(
        self, connection: sqlite3.Connection, meta: SnapshotMeta, hard_state: HardState | None
    ) -> int:
        """Drop what an installed snapshot covers, in the caller's transaction; returns the new end.

        What follows the snapshot stays if the log has the snapshot's last entry, and goes
        otherwise (thesis 5.3).
        """
        if self._term_at(meta.index) == meta.term:
            connection.execute("DELETE FROM log WHERE last <= ?", (meta.index,))
            end = max(self.last_index, meta.index)
        else:
            connection.execute("DELETE FROM log")
            end = meta.index
        if hard_state is not None:
            if hard_state.commit > end:
                raise ValueError(f"commit index {hard_state.commit} is beyond the log's end, {end}")
            connection.execute(INSERT_HARD_STATE, hard_state_row(hard_state))
        elif self.commit_index > end:
            raise ValueError(f"the snapshot at {end} would drop committed entries")
        return end

    def _term_at(self, index: int) -> int | None:
        rows = self._database.query(
            "SELECT last, first, entries, crc FROM log WHERE last >= ? AND first <= ?",
            (index, index),
        )
        for last, first, data, crc in rows:
            entry: Entry = self._decode(last, first, data, crc)[index - first]
            return entry.term
        return None

    def read_hard_state(self) -> HardState:
        """Raises StorageError if it is missing or damaged."""
        rows = self._database.query("SELECT term, vote, commit_index, crc FROM hard_state")
        if len(rows) != 1:
            raise damaged(self._database.path, "its hard state (term and vote) is missing")
        term, vote, commit, crc = rows[0]
        state = HardState(unsigned(term), unsigned(vote), commit)
        if checksum(state.term, state.vote, state.commit) != crc:
            raise damaged(self._database.path, "its hard state fails its checksum")
        return state

    def read(self) -> list[Entry]:
        """All entries; raises StorageError if one is missing or damaged."""
        entries: list[Entry] = []
        rows = self._database.query("SELECT last, first, entries, crc FROM log ORDER BY last")
        for last, first, data, crc in rows:
            if entries and first != entries[-1].index + 1:
                raise self._damaged(f"entry {entries[-1].index + 1} is missing")
            entries += self._decode(last, first, data, crc)
        return entries

    def _decode(self, last: int, first: int, data: bytes, crc: int) -> list[Entry]:
        if blob_checksum(first, last, data) != crc:
            raise self._damaged(f"entries {first} to {last} fail their checksum")
        try:
            entries = decode_entries(data)
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._damaged(f"entries {first} to {last} are unreadable ({error})") from error
        if [entry.index for entry in entries] != list(range(first, last + 1)):
            raise self._damaged(f"entries {first} to {last} are not those")
        return entries

    def _damaged(self, what: str) -> Exception:
        return damaged(self._database.path, what)
