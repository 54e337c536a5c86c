"""Reading Protocol Buffers without their descriptions: fields by number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_VARINT: Final = 0
_FIXED = {1: 8, 5: 4}
_BYTES: Final = 2


class ProtobufError(ValueError):
    """These bytes are not a message."""


class Message:
    """One message. A field that is not there reads as 0 or empty; of a repeated one the last
    counts, but for `all`. Raises ProtobufError for what is no message, or a field of another type.
    """

    def __init__(self, data: bytes) -> None:
        self._fields: dict[int, list[int | bytes]] = {}
        for number, value in _fields(data):
            self._fields.setdefault(number, []).append(value)

    def __contains__(self, number: int) -> bool:
        return number in self._fields

    @property
    def numbers(self) -> frozenset[int]:
        """Which fields are there."""
        return frozenset(self._fields)

    def unsigned(self, number: int) -> int:
        value = self._fields.get(number, (0,))[-1]
        if not isinstance(value, int):
            raise ProtobufError(f"field {number} is not a number")
        return value

    def signed(self, number: int) -> int:
        """A number of type int64."""
        value = self.unsigned(number)
        return value - (1 << 64) if value >> 63 else value

    def data(self, number: int) -> bytes:
        """A text, bytes, or an embedded message."""
        return self.all(number)[-1] if number in self._fields else b""

    def all(self, number: int) -> list[bytes]:
        """Every text of a repeated field."""
        found: list[bytes] = []
        for value in self._fields.get(number, ()):
            if not isinstance(value, bytes):
                raise ProtobufError(f"field {number} is not bytes")
            found.append(value)
        return found


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    position, end = 0, len(data)
    while position < end:
        key, position = _varint(data, position)
        number, kind = key >> 3, key & 7
        if not number:
            raise ProtobufError("a field has no number")
        if kind == _VARINT:
            value, position = _varint(data, position)
            yield number, value
            continue
        if kind == _BYTES:
            length, position = _varint(data, position)
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise ProtobufError(f"field {number} has the unknown type {kind}")
        if position + length > end:
            raise ProtobufError(f"field {number} is cut off")
        yield number, data[position : position + length]
        position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise ProtobufError("a number is cut off")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position
    raise ProtobufError("a number is too long")
