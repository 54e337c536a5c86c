"""etcd's write-ahead log: `member/wal/<sequence>-<index>.wal`.

A file is a row of frames: a length of 8 bytes (little-endian; the record's size in the lower 56
bits, and if the topmost bit is set the padding in the three lowest of the upper byte), a
walpb.Record, the padding. Every record has the CRC-32C of all data up to and including its own;
that runs on from file to file, each of which begins with a record that repeats it. A length of 0
is the space that was reserved behind the last record. (Source: etcd, wal/decoder.go, wal/wal.go.)
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from vard_http.transfer.errors import TransferError
from vard_http.transfer.etcd.crc32c import crc32c
from vard_http.transfer.etcd.protobuf import Message, ProtobufError

NORMAL: Final = 0
CONFIGURATION: Final = 1

_NAME: Final = re.compile(r"([0-9a-f]{16})-([0-9a-f]{16})\.wal")
_FRAME_HEADER: Final = 8
_SECTOR: Final = 512
_MAX_RECORD: Final = 1 << 26
_unpack_length = struct.Struct("<Q").unpack_from


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A raftpb.Entry."""

    index: int
    term: int
    kind: int
    data: bytes


class Position(msgspec.Struct, frozen=True):
    """Where a snapshot stands in the log."""

    index: int
    term: int


class Wal(msgspec.Struct, frozen=True):
    """All that is in the files, in the order in which it was written.

    `entries` may repeat indexes: a later one replaces all from its index on.
    """

    node_id: int
    cluster_id: int
    term: int
    commit: int
    snapshots: frozenset[Position]
    entries: Sequence[Entry]


class _Kind(IntEnum):
    """Types of records."""

    METADATA = 1
    ENTRY = 2
    STATE = 3
    CRC = 4
    SNAPSHOT = 5


class _Torn(Exception):
    """The last record was not written to its end."""


def wal_files(directory: Path) -> list[Path]:
    """The files of a log in their order. Raises TransferError if there are none, or one is
    missing between them."""
    names = sorted(path for path in directory.iterdir() if _NAME.fullmatch(path.name))
    if not names:
        raise TransferError(f"{directory} holds no .wal file; give --wal-dir if it is elsewhere")
    numbers = [int(path.name[:16], 16) for path in names]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise TransferError(f"{directory} lacks a .wal file between {names[0]} and {names[-1]}")
    return names


def read_wal(files: Sequence[Path]) -> Wal:
    """What is in `files`, but for a last record that a crash cut short.

    Raises TransferError if anything fails its checksum or is no record.
    """
    identity: bytes | None = None
    term = commit = 0
    snapshots: set[Position] = set()
    entries: list[Entry] = []
    for path, kind, data in _records(files):
        try:
            match kind:
                case _Kind.METADATA:
                    if identity not in (None, data):
                        raise damaged(path, "it belongs to two members")
                    identity = data
                case _Kind.ENTRY:
                    entries.append(_read_entry(data))
                case _Kind.STATE:
                    state = Message(data)
                    term, commit = state.unsigned(1), state.unsigned(3)
                case _Kind.SNAPSHOT:
                    found = Message(data)
                    snapshots.add(Position(found.unsigned(1), found.unsigned(2)))
                case _:
                    raise damaged(path, f"it has a record of the unknown type {kind}")
        except ProtobufError as error:
            raise damaged(path, str(error)) from error
    ids = Message(identity or b"")
    return Wal(ids.unsigned(1), ids.unsigned(2), term, commit, frozenset(snapshots), entries)


def entries_after(entries: Sequence[Entry], start: int) -> list[Entry]:
    """The log behind index `start`, without what was replaced. Raises TransferError for a gap."""
    log: list[Entry] = []
    for entry in entries:
        place = entry.index - start - 1
        if place < 0:
            continue
        if place > len(log):
            raise TransferError(
                f"the log of etcd lacks entry {start + len(log) + 1}; use another member's data"
                " directory"
            )
        del log[place:]
        log.append(entry)
    return log


def damaged(path: Path, what: str) -> TransferError:
    """The error for a file of etcd's that cannot be trusted."""
    return TransferError(f"{path} is damaged: {what}; use another member's data directory")


def _read_entry(data: bytes) -> Entry:
    message = Message(data)
    return Entry(message.unsigned(3), message.unsigned(2), message.unsigned(1), message.data(4))


class _Frame(NamedTuple):
    """A record, the checksum it claims, and where in the file it and its padding are."""

    kind: int
    data: bytes
    crc: int
    start: int
    end: int


def _records(files: Sequence[Path]) -> Iterator[tuple[Path, int, bytes]]:
    """Type and data of every record but the checksums that begin a file, which are verified."""
    crc = 0
    for path in files:
        content = path.read_bytes()
        try:
            for frame in _frames(path, content):
                if frame.kind == _Kind.CRC:
                    if crc not in (0, frame.crc):
                        raise damaged(path, "it does not continue the file before it")
                    crc = frame.crc
                    continue
                crc = crc32c(frame.data, crc)
                if crc != frame.crc:
                    raise _unusable(path, content, frame.start, frame.end, "its checksum is wrong")
                yield path, frame.kind, frame.data
        except _Torn:
            if path != files[-1]:
                raise damaged(path, "it ends within a record") from None


def _frames(path: Path, content: bytes) -> Iterator[_Frame]:
    """Raises _Torn, TransferError."""
    position, end = 0, len(content)
    while position < end:
        if end - position < _FRAME_HEADER:
            raise _Torn
        (length,) = _unpack_length(content, position)
        if not length:
            return
        size = length & ((1 << 56) - 1)
        padding = length >> 56 & 7 if length >> 63 else 0
        if size > _MAX_RECORD:
            raise damaged(path, f"a record of {size} bytes is announced at {position}")
        start = position + _FRAME_HEADER
        position = start + size + padding
        if position > end:
            raise _Torn
        try:
            record = Message(content[start : start + size])
            yield _Frame(record.signed(1), record.data(3), record.unsigned(2), start, position)
        except ProtobufError as error:
            raise _unusable(path, content, start, position, str(error)) from error


def _unusable(path: Path, content: bytes, start: int, end: int, why: str) -> Exception:
    """_Torn if the record looks like one that was not written to its end, as etcd tells them."""
    if _has_unwritten_sector(content, start, end):
        return _Torn()
    return damaged(path, f"the record at {start} is unusable: {why}")


def _has_unwritten_sector(content: bytes, start: int, end: int) -> bool:
    """Whether the part of some disk sector between both is all zeros, and so was never written."""
    while start < end:
        sector_end = min(end, start - start % _SECTOR + _SECTOR)
        if not content[start:sector_end].strip(b"\0"):
            return True
        start = sector_end
    return False
