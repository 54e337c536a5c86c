"""Reading files that somebody else may replace at any time."""

from __future__ import annotations

import os

Version = tuple[int, int, int, int] | None


def version_of(path: str) -> Version:
    """Another one once the file was written to or replaced; None while there is no such file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def read(path: str) -> bytes:
    """The contents; raises OSError with the text that Go gives it."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OSError(error.errno, f"open {path}: {reason}") from error
