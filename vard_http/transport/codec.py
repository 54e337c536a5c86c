"""Frames between peers: a 4-byte big-endian length, then a msgpack array of messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from vard_http.raft.messages import AnyMessage

MAX_FRAME = 128 << 20
"""Bytes; the largest form body makes an entry of some 10 MiB, and a frame may hold several."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[AnyMessage])


class FrameError(Exception):
    """The bytes are not what a peer would send."""


def encode_frame(messages: Sequence[AnyMessage]) -> bytes:
    """One frame that holds `messages` in order."""
    buffer = bytearray(4)
    _encoder.encode_into(messages, buffer, 4)
    buffer[:4] = (len(buffer) - 4).to_bytes(4, "big")
    return bytes(buffer)


class FrameDecoder:
    """Bytes in, messages out; an incomplete frame waits for its rest."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[AnyMessage]:
        """The messages that `data` completes. Raises FrameError."""
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= 4:
            size = int.from_bytes(buffer[start : start + 4], "big")
            if size > MAX_FRAME:
                raise FrameError(f"a frame of {size} bytes")
            end = start + 4 + size
            if len(buffer) < end:
                break
            yield from _messages(bytes(memoryview(buffer)[start + 4 : end]))
            start = end
        del buffer[:start]


def _messages(frame: bytes) -> list[AnyMessage]:
    """Raises FrameError."""
    try:
        return _decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FrameError(str(error)) from error
    except RecursionError:
        # Fields that this version does not know are skipped, however deep they are.
        raise FrameError("a message is nested too deeply") from None
