"""vard's frames and what is in them, without any I/O (Shim.ml and VarDSerialization.ml).

A frame is its length, 4 bytes in little-endian order, and a text. A client's first frame is its id,
each later one a request; the server sends nothing but answers.
"""

from __future__ import annotations

import re
from typing import Final, cast

import msgspec

from vard_http.store import MAX_VALUE, Operation, Output, Refusal

MAX_FRAME: Final = MAX_VALUE
"""Bytes of a client's frame; vard passes a request on in one datagram, which holds no more."""

MAX_NUMBER: Final = 2**62 - 1
"""OCaml's max_int; vard itself ends at a greater number."""

_LENGTH: Final = 4
_CLIENT: Final = re.compile(rb"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}")
_WORD: Final = rb"([/A-Za-z0-9]+|-)"
_REQUEST: Final = re.compile(
    rb"0*([0-9]{1,19}) (GET|PUT|DEL|CAS|CAD) +%b +%b +%b[^/A-Za-z0-9]*" % (_WORD, _WORD, _WORD)
)
_BLANKS: Final = b" \t\n\f\r"
_NONE: Final = b"-"

_REASONS: Final = {
    Refusal.DIRECTORY: b"it is a directory",
    Refusal.BELOW_A_KEY: b"a part of its path is a key",
    Refusal.FOREIGN_VALUE: b"its value has characters that this protocol does not know",
}


class FrameError(ValueError):
    """What a client sent is not of vard's protocol; there is no way to go on with it."""


class Request(msgspec.Struct, frozen=True):
    """VarD.v's `input` and its number; `expected` of CAS is None if there is to be no key."""

    number: int
    operation: Operation
    key: bytes
    value: bytes = b""
    expected: bytes | None = None

    @property
    def writes(self) -> bool:
        return self.operation != "get"


class Frames:
    """Takes in bytes as they come, and gives out frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def begun(self) -> bool:
        """Whether there is a part of a frame that was not taken yet, or a whole one."""
        return bool(self._buffer)

    def __len__(self) -> int:
        """How many bytes wait."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def take(self) -> bytes | None:
        """The next frame; None if it is not complete. Raises FrameError for one too large."""
        buffer = self._buffer
        if len(buffer) < _LENGTH:
            return None
        end = _LENGTH + int.from_bytes(buffer[:_LENGTH], "little")
        if end > _LENGTH + MAX_FRAME:
            raise FrameError(f"a frame of {end - _LENGTH} bytes is announced")
        if len(buffer) < end:
            return None
        frame = bytes(buffer[_LENGTH:end])
        del buffer[:end]
        return frame


def parse_client(frame: bytes) -> bytes:
    """The 16 bytes of a client's id, the hex digits of a random UUID. Raises FrameError."""
    if not _CLIENT.fullmatch(frame):
        raise FrameError("the id of the client is not a UUID of version 4")
    return bytes.fromhex(frame.decode())


def parse_request(frame: bytes) -> Request:
    """The request in `frame`. Raises FrameError.

    vard reads as far as it understands and passes over the rest, so that CAS would write a part of
    a value; here all of it has to be understood.
    """
    match = _REQUEST.fullmatch(frame.strip(_BLANKS))
    if match is None:
        raise FrameError("not a request")
    digits, name, key, first, second = match.groups()
    number = int(digits)
    if number > MAX_NUMBER:
        raise FrameError("the number of the request is too large")
    operation = cast(Operation, name.decode().lower())
    if operation == "put":
        return Request(number, operation, key, first)
    if operation == "cas":
        return Request(number, operation, key, second, None if first == _NONE else first)
    if operation == "cad":
        return Request(number, operation, key, expected=first)
    return Request(number, operation, key)


def response(number: int, output: Output) -> bytes:
    """The frame that answers a request that was carried out, or refused by the store."""
    if output.refusal is not Refusal.NONE:
        return error(number, output.key, _REASONS[output.refusal])
    value, old = (_NONE if word is None else word for word in (output.value, output.old))
    return _frame(b"Response %d %b %b %b" % (number, output.key, value, old))


def not_leader(number: int) -> bytes:
    """The frame that says that somebody else leads, and that the request came to nothing."""
    return _frame(b"NotLeader %d" % number)


def error(number: int, key: bytes, reason: bytes) -> bytes:
    """The frame that says why a request came to nothing.

    vard has none such; its clients say that they cannot parse it, show it, and raise an exception.
    """
    return _frame(b"Error %d %b: %b" % (number, key, reason))


def _frame(text: bytes) -> bytes:
    return len(text).to_bytes(_LENGTH, "little") + text
