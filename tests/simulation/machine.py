"""The replicated state: a digest of all applied entries, and the latest configuration."""

from __future__ import annotations

from zlib import crc32

import msgspec

from vard_http.raft import CONFIGURATION, Configuration, Entry, SnapshotMeta, decode_data


class Image(msgspec.Struct, array_like=True, frozen=True):
    """The content of a snapshot. `padding` differs from server to server, as encodings may."""

    index: int
    term: int
    digest: int
    configuration: Configuration
    padding: bytes


class CorruptSnapshot(Exception):
    """The bytes of a snapshot are not those that one server stored."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Image).decode


class Machine:
    """`digest` is a function of all entries applied so far, in order."""

    def __init__(self, configuration: Configuration) -> None:
        self.index = 0
        self.term = 0
        self.digest = 0
        self.configuration = configuration

    def apply(self, entry: Entry) -> None:
        self.index = entry.index
        self.term = entry.term
        self.digest = hash((self.digest, entry.index, entry.term, entry.kind, crc32(entry.data)))
        if entry.kind == CONFIGURATION:
            self.configuration = decode_data(entry.data).configuration

    def meta(self) -> SnapshotMeta:
        return SnapshotMeta(self.index, self.term, self.configuration)

    def snapshot(self, padding: bytes, size: int) -> list[bytes]:
        """The state in chunks of `size` bytes."""
        body = _encode(Image(self.index, self.term, self.digest, self.configuration, padding))
        data = crc32(body).to_bytes(4, "big") + body
        return [data[start : start + size] for start in range(0, len(data), size)]

    @staticmethod
    def restored(chunks: list[bytes]) -> Machine:
        """Raises CorruptSnapshot."""
        data = b"".join(chunks)
        if crc32(data[4:]).to_bytes(4, "big") != data[:4]:
            raise CorruptSnapshot
        image = _decode(data[4:])
        machine = Machine(image.configuration)
        machine.index, machine.term, machine.digest = image.index, image.term, image.digest
        return machine
