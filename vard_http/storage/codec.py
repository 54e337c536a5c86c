"""How values become columns: unsigned integers, checksums, batches of entries.

A batch is one row of the log: the entries of one append, MessagePack-encoded. A row an entry costs
four times as much for an append of 512 entries, most of it spent holding the GIL once a row.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from zlib import crc32

import msgspec

from vard_http.raft.messages import Configuration, Entry

_SIGN = 1 << 63
_encoder = msgspec.msgpack.Encoder()
_entries = msgspec.msgpack.Decoder(list[Entry])
_configuration = msgspec.msgpack.Decoder(Configuration)
_two_words = struct.Struct("<QQ").pack

encode = _encoder.encode


def signed(value: int) -> int:
    """The signed 64-bit integer, which is what SQLite stores, with the bits of unsigned `value`."""
    return value - (1 << 64) if value >= _SIGN else value


def unsigned(value: int) -> int:
    """The inverse of `signed`."""
    return value + (1 << 64) if value < 0 else value


def checksum(*fields: int | str | bytes | None) -> int:
    """CRC-32 over all the columns of a small row."""
    return crc32(_encoder.encode(fields))


def blob_checksum(key: int, second: int, data: bytes) -> int:
    """CRC-32 over a large row, which is not copied for it."""
    return crc32(data, crc32(_two_words(key, second)))


def encode_entries(entries: Sequence[Entry]) -> bytes:
    return _encoder.encode(entries)


def decode_entries(data: bytes) -> list[Entry]:
    """Raises msgspec.DecodeError for anything `encode_entries` cannot have made, or RecursionError
    if it is nested more deeply than Python goes."""
    return _entries.decode(data)


def decode_configuration(data: bytes) -> Configuration:
    """Raises msgspec.DecodeError or RecursionError for anything that is no configuration."""
    return _configuration.decode(data)
