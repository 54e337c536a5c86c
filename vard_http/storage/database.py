"""The one connection to the database, its settings, transactions and checkpoints.

One connection in one place: before 3.51.3 SQLite can corrupt a file when two connections write or
checkpoint it in WAL mode. It may be used from any thread, but never from two at a time.
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Migrations

from vard_http.storage import files, schema
from vard_http.storage.errors import StorageError, StorageFailed, damaged, explain

PAGE_SIZE = 4096
CHECKPOINT_PAGES = range(1600, 3200)
"""A checkpoint comes after so many WAL pages, and takes 10 to 20 ms on a disk that syncs in 0.2 ms.

Fewer pages would make more than one request in a hundred wait for one under full load. The number
is drawn anew each time, so that not all members, whose logs grow alike, stand still together.
"""

_SETTINGS: Sequence[tuple[str, str, object]] = (
    # Exclusive before WAL: the index of the WAL is then in memory, and there is no -shm file.
    ("locking_mode", "EXCLUSIVE", "exclusive"),
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
    # The limit of pages would run a checkpoint inside an unlucky commit.
    ("wal_autocheckpoint", "0", 0),
    # Zeroing freed pages, a default of some distributions, makes compaction write what it drops.
    ("secure_delete", "OFF", 0),
    ("cell_size_check", "ON", 1),
)


def _connect(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=0)


def create(
    path: Path, migrations: Migrations, rows: Sequence[tuple[str, tuple[object, ...]]]
) -> None:
    """Make the database with `rows`, pairs of INSERT and parameters, whole or not at all.

    It is built under another name, so that a file called `path` is always complete; what a crash
    left of an earlier attempt is removed.
    """
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    draft.with_name(draft.name + "-journal").unlink(missing_ok=True)
    draft.touch(mode=0o600)
    try:
        with closing(_connect(draft)) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
            connection.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
            schema.migrate(connection, migrations)
            for sql, parameters in rows:
                connection.execute(sql, parameters)
    except sqlite3.Error as error:
        raise StorageFailed(explain(error, draft)) from error
    os.rename(draft, path)
    files.fsync_directory(path.parent)


class Database:
    """An open database of the latest schema. Failures of a write are final: see StorageFailed."""

    def __init__(self, path: Path, migrations: Migrations) -> None:
        """Raises StorageError if the file is damaged, foreign, newer, or open elsewhere."""
        self.path = path
        self._failure: str | None = None
        self._wal_pages = 0
        self._checkpoint_pages = random.choice(CHECKPOINT_PAGES)
        self._room = files.Room(files.wal_path(path))
        files.check_files(path)
        self._connection = _connect(path)
        try:
            self._configure()
            self._check(migrations)
            self.checkpoint()
        except sqlite3.Error as error:
            self._connection.close()
            raise StorageError(explain(error, path)) from error
        except (LookupError, UnicodeError) as error:
            # How sqlite3 and sqlite-utils take names of tables and columns that are not right.
            self._connection.close()
            raise damaged(path, f"its schema is unreadable ({error})") from error
        except BaseException:
            self._connection.close()
            raise

    def _configure(self) -> None:
        for name, value, expected in _SETTINGS:
            self._connection.execute(f"PRAGMA {name}={value}").fetchall()
            if (found := self.setting(name)) != expected:
                raise StorageError(
                    f"{self.path}: SQLite {sqlite3.sqlite_version} does not take "
                    f"{name}={value} here (it stays {found}); use a local file system"
                )

    def _check(self, migrations: Migrations) -> None:
        # Milliseconds for a log of 100,000 entries, and the only check of the list of free pages.
        if (report := self.query("PRAGMA quick_check(1)")) != [("ok",)]:
            raise damaged(self.path, " ".join(str(report[0][0]).split()))
        # A crash may have come right after a checkpoint. From here on any close merges the WAL, and
        # the main file would ask for it ever after.
        self._mark(files.AT_REST)
        if schema.check_version(self._connection, self.path, migrations):
            schema.migrate(self._connection, migrations)
        schema.check_tables(self._connection, self.path, migrations)

    def setting(self, name: str) -> object:
        """The value of a PRAGMA."""
        return self.query(f"PRAGMA {name}")[0][0]

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows at once: a cursor left open would keep a checkpoint from finishing."""
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise StorageError(explain(error, self.path)) from error

    @contextmanager
    def transaction(self, size: int = 0) -> Iterator[sqlite3.Connection]:
        """One durable transaction that writes about `size` bytes; StorageFailed if it cannot be.

        Any other exception rolls it back and passes.
        """
        if self._failure is not None:
            raise StorageFailed(self._failure)
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._fail(explain(error, self.path)) from error
        self._count(size)

    def write(self, sql: str, parameters: Sequence[object], size: int) -> None:
        """A transaction of one statement, for the hot path: without BEGIN and COMMIT around it."""
        if self._failure is not None:
            raise StorageFailed(self._failure)
        try:
            self._connection.execute(sql, parameters)
        except sqlite3.Error as error:
            raise self._fail(explain(error, self.path)) from error
        self._count(size)

    def _count(self, size: int) -> None:
        # A small row mostly fits into the last page; a larger one makes new pages, and with them
        # their parent and the file's first page change.
        self._wal_pages += 1 if size < 700 else 3 + size // (PAGE_SIZE - 64)
        self._room.make(self._wal_pages * (PAGE_SIZE + 24))

    def _fail(self, message: str) -> StorageFailed:
        self._failure = message
        return StorageFailed(message)

    @property
    def file_bytes(self) -> int:
        """The size of the main file and of the WAL, which has space taken ahead."""
        both = (self.path, files.wal_path(self.path))
        return sum(path.stat().st_size for path in both if path.exists())

    @property
    def checkpoint_due(self) -> bool:
        return self._wal_pages >= self._checkpoint_pages

    def checkpoint(self, mode: str = "PASSIVE") -> int:
        """Bring the WAL's pages into the main file; returns how many frames the WAL had.

        The main file is marked as incomplete without its WAL for as long as it is in use.
        """
        self._mark(files.IN_USE)
        try:
            rows = self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        except sqlite3.Error as error:
            raise self._fail(explain(error, self.path)) from error
        busy, frames, done = rows[0]
        if busy or frames != done:
            raise self._fail(f"{self.path}: only {done} of {frames} pages were checkpointed")
        self._wal_pages = 0
        self._checkpoint_pages = random.choice(CHECKPOINT_PAGES)
        self._mark(files.AT_REST)
        return int(frames)

    def _mark(self, value: int) -> None:
        with self.transaction() as connection:
            connection.execute(f"PRAGMA user_version={value}")

    def close(self) -> None:
        """Leave one file without a WAL, unless a write has failed; may be called twice."""
        try:
            if self._failure is None:
                self._truncate()
        finally:
            self._connection.close()
            self._failure = f"{self.path} is closed"

    def _truncate(self) -> None:
        self._mark(files.AT_REST)
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise self._fail(explain(error, self.path)) from error
