"""What storage refuses and how it says so: every message names what is wrong and what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

REPLACE_MEMBER = (
    "restore the data directory from a backup taken while this member was stopped, or remove the "
    "member from the cluster and add it anew with an empty data directory"
)


class StorageError(Exception):
    """The data directory cannot be used as it is; nothing in it was replaced or deleted."""


class StorageFailed(StorageError):
    """A write or a checkpoint failed. What is on the disk is unknown, so the process must stop.

    A failed fsync is never retried: the kernel may have dropped the pages it could not write, and
    a second fsync would then succeed without them.
    """


def damaged(path: Path, what: str) -> StorageError:
    """The error for a file whose content cannot be trusted."""
    return StorageError(f"{path} is damaged: {what}; {REPLACE_MEMBER}")


def explain(error: sqlite3.Error, path: Path) -> str:
    """What `error` means for `path` and what an operator can do about it."""
    if isinstance(error, sqlite3.ProgrammingError):
        return f"{path}: {error}"
    code = getattr(error, "sqlite_errorcode", None)
    match None if code is None else code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return f"{path}: {error}; free some space on this file system, then start again"
        case sqlite3.SQLITE_IOERR:
            name = getattr(error, "sqlite_errorname", "SQLITE_IOERR")
            return (
                f"{path}: {error} ({name}); check the disk and the kernel's log, then start again, "
                f"and if the file is refused: {REPLACE_MEMBER}"
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"{path}: {error}; another program has the file open, close it and start again"
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return f"{path}: {error}; give this user read and write access to the data directory"
        case _:
            # The statements are fixed: what else they fail for is the content of the file.
            return str(damaged(path, str(error)))
