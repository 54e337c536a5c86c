"""What can be told from the database's files before SQLite opens them.

SQLite takes the first bad frame of a write-ahead log for the end of it, and a missing log for an
empty one. Both are right after a crash and wrong after bit rot or an incomplete copy, when they
would silently take back what was acknowledged. These checks tell the cases apart. They also come
first because SQLite writes to a file merely by opening it in WAL mode.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from vard_http.storage.errors import StorageError, damaged
from vard_http.storage.schema import APPLICATION_ID

IN_USE = 1
"""`PRAGMA user_version` while the main file says less than it and its WAL together.

Only a checkpoint brings it into the main file, and the first transaction after it sets 0 in the
WAL; so whoever merges the WAL, SQLite at any close included, clears it.
"""
AT_REST = 0

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_WAL_HEADER = 32
_FRAME_HEADER = 24
_WAL_MAGIC = 0x377F0682
_WAL_VERSION = 3007000
_WORD = 0xFFFFFFFF


class Frame(NamedTuple):
    """The header of one WAL frame; `database_size` is in pages, and not 0 at a commit only."""

    page: int
    database_size: int
    salts: bytes
    checksums: tuple[int, int]


def wal_path(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def fsync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def check_files(path: Path) -> None:
    """Raises StorageError if `path` is not a whole database of this program with all its WAL.

    The rest of a transaction that a crash interrupted is removed from the end of the WAL.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER)
        size = os.fstat(file.fileno()).st_size
    if not header:
        raise damaged(path, "it is empty")
    if not header.startswith(_MAGIC) or len(header) < _HEADER:
        raise damaged(path, "it is not an SQLite database")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise StorageError(
            f"{path} is another program's SQLite database (application_id "
            f"{header[68:72].hex()}); give this member a data directory of its own"
        )
    wal = wal_path(path)
    journal = path.with_name(path.name + "-journal")
    has_wal = wal.exists() and wal.stat().st_size > 0
    expected = int.from_bytes(header[28:32], "big") * _page_size(header[16:18])
    if size < expected and not has_wal and not journal.exists():
        raise damaged(path, f"it is truncated, {size} of {expected} bytes are left")
    in_use = int.from_bytes(header[60:64], "big") != AT_REST
    if has_wal:
        _check_wal(wal, in_use)
    elif in_use:
        raise damaged(path, f"{wal.name}, which holds its latest writes, is missing or empty")


class Room:
    """Zeros behind the WAL's frames, written ahead of them a piece at a time.

    A sync of a frame inside the file writes the frame alone; a sync of one that makes the file
    grow has the file system write its own journal, too. To SQLite zeros are the end of the log.
    """

    STEP = 1 << 20

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end = 0

    def make(self, used: int) -> None:
        """Have room for another quarter of a STEP at least behind the first `used` bytes."""
        if used + self.STEP // 4 <= self._end:
            return
        self._end = used + self.STEP
        # Without room it goes on as without this; if the disk is full, SQLite will say so.
        with contextlib.suppress(OSError), self._path.open("r+b") as file:
            file.write(bytes(max(0, self._end - file.seek(0, os.SEEK_END))))


def _page_size(field: bytes) -> int:
    size = int.from_bytes(field, "big")
    return 65536 if size == 1 else size


def _check_wal(path: Path, required: bool) -> None:
    content = path.read_bytes()
    header = content[:_WAL_HEADER]
    if not _is_wal_header(header):
        if required:
            raise damaged(path, "its header is no longer one")
        return
    page_size = int.from_bytes(header[8:12], "big")
    salts = header[16:24]
    order = ">" if header[3] & 1 else "<"
    frames = list(_frames(content, page_size))
    valid = _count_valid(content, frames, page_size, order)
    # SQLite writes the frames after a commit only once that commit is durable. So a bad frame that
    # precedes a commit, and still more frames after it, is no write cut short by a crash.
    commit = next(
        (
            number
            for number in range(valid, len(frames))
            if frames[number].salts == salts and frames[number].database_size
        ),
        len(frames),
    )
    if any(frame.salts == salts for frame in frames[commit + 1 :]):
        raise damaged(path, f"frame {valid + 1} is altered, and durable writes follow it")
    finished = max((n + 1 for n in range(valid) if frames[n].database_size), default=0)
    if any(frame.salts == salts for frame in frames[finished:]):
        _cut(path, _WAL_HEADER + finished * (_FRAME_HEADER + page_size))


def _cut(path: Path, size: int) -> None:
    """Remove what a power cut has left of the last transaction.

    SQLite ignores it, and writes over it frame by frame with the same salts: after one more power
    cut it would pass for durable writes that follow a bad frame.
    """
    with path.open("r+b") as file:
        file.truncate(size)
        os.fsync(file.fileno())


def _is_wal_header(header: bytes) -> bool:
    if len(header) < _WAL_HEADER:
        return False
    magic, version, page_size, _, _, _, *checksums = struct.unpack(">8I", header)
    if magic & ~1 != _WAL_MAGIC or version != _WAL_VERSION:
        return False
    if not 512 <= page_size <= 65536:
        return False
    return _checksum(header[:24], (0, 0), ">" if magic & 1 else "<") == tuple(checksums)


def _frames(content: bytes, page_size: int) -> Iterator[Frame]:
    step = _FRAME_HEADER + page_size
    for start in range(_WAL_HEADER, len(content) - step + 1, step):
        page, size, salts, first, second = struct.unpack_from(">II8sII", content, start)
        yield Frame(page, size, salts, (first, second))


def _count_valid(content: bytes, frames: list[Frame], page_size: int, order: str) -> int:
    """How many frames from the first on belong to this WAL and have the checksums they claim."""
    salts = content[16:24]
    running = struct.unpack_from(">II", content, 24)
    step = _FRAME_HEADER + page_size
    for number, frame in enumerate(frames):
        start = _WAL_HEADER + number * step
        if frame.salts != salts or not frame.page:
            return number
        running = _checksum(content[start : start + 8], (running[0], running[1]), order)
        running = _checksum(content[start + _FRAME_HEADER : start + step], running, order)
        if running != frame.checksums:
            return number
    return len(frames)


def _checksum(data: bytes, seed: tuple[int, int], order: str) -> tuple[int, int]:
    """SQLite's WAL checksum of `data`, whole pairs of 32-bit words in byte order `order`."""
    first, second = seed
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & _WORD
        second = (second + odd + first) & _WORD
    return first, second
