"""The backup file: a head, the chunks of a dump, and a checksum over all of it.

    MAGIC  length Head  length chunk  length chunk ...  0  SHA-256 of everything before it

Lengths are 4 bytes, big-endian; the head is MessagePack. It is made and read as a stream, so a
backup of any size takes little memory, and one that was cut short anywhere is known as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import BinaryIO, Final

import msgspec

from vard_http.transfer.errors import TransferError

MAGIC: Final = b"vard-http backup\n"
VERSION: Final = 1

_MAX_PART: Final = 1 << 28
_LENGTH: Final = 4


class Head(msgspec.Struct, frozen=True):
    """Where a backup comes from: the cluster, and the moment by Raft's position and etcd's index.

    `version` is that of the file's format.
    """

    version: int
    cluster_id: int
    raft_index: int
    raft_term: int
    etcd_index: int


_decode_head = msgspec.msgpack.Decoder(Head).decode


def write_archive(head: Head, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a backup file, in parts."""
    running = sha256()

    def counted(data: bytes) -> bytes:
        running.update(data)
        return data

    yield counted(MAGIC + _part(msgspec.msgpack.encode(head)))
    for chunk in chunks:
        yield counted(_part(chunk))
    yield counted(bytes(_LENGTH))
    yield running.digest()


class ArchiveReader:
    """Reads a backup file from its beginning to its end, once.

    `checksum`, the SHA-256 in hex of the file's content, is there after the last chunk.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        """Reads the head. Raises TransferError if the file is no backup of a known version."""
        self._file = file
        self._name = name
        self._running = sha256()
        self.checksum = ""
        if self._take(len(MAGIC)) != MAGIC:
            raise TransferError(f"{name} is not a backup made by `vard-http backup`")
        try:
            self.head = _decode_head(self._take_part())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._damaged(f"its head is unreadable ({error})") from error
        if self.head.version != VERSION:
            raise TransferError(
                f"{name} is of version {self.head.version}, this program knows version {VERSION};"
                " restore it with the program that made it"
            )

    def chunks(self) -> Iterator[bytes]:
        """The chunks of the dump. Raises TransferError, at the latest after the last one, unless
        the file is whole."""
        while part := self._take_part():
            yield part
        expected = self._running.digest()
        if self._take(len(expected)) != expected:
            raise self._damaged("its checksum does not match")
        if self._file.read(1):
            raise self._damaged("something follows its end")
        self.checksum = expected.hex()

    def check(self) -> None:
        """Read the rest. Raises TransferError unless the file is whole."""
        for _ in self.chunks():
            pass

    def _take_part(self) -> bytes:
        length = int.from_bytes(self._take(_LENGTH), "big")
        if length > _MAX_PART:
            raise self._damaged(f"a part of {length} bytes is announced")
        return self._take(length)

    def _take(self, length: int) -> bytes:
        data = self._file.read(length)
        if len(data) < length:
            raise self._damaged("it ends too early")
        self._running.update(data)
        return data

    def _damaged(self, what: str) -> TransferError:
        return TransferError(f"{self._name} is damaged: {what}; use another backup")


def _part(data: bytes) -> bytes:
    return len(data).to_bytes(_LENGTH, "big") + data
