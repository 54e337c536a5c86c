"""Frames between peers: split anywhere, and refused as FrameError if they are no frames."""

from __future__ import annotations

import pytest

from vard_http.raft.messages import TimeoutNow
from vard_http.transport.codec import MAX_FRAME, FrameDecoder, FrameError, encode_frame

DEEP = b"\x91" * 100_000


def frame(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


def test_frames_are_the_same_wherever_they_are_split() -> None:
    sent = [TimeoutNow(1), TimeoutNow(2)]
    data = encode_frame(sent[:1]) + encode_frame([]) + encode_frame(sent[1:])
    for split in range(len(data) + 1):
        decoder = FrameDecoder()
        assert [*decoder.feed(data[:split]), *decoder.feed(data[split:])] == sent


@pytest.mark.parametrize(
    "data",
    [
        (MAX_FRAME + 1).to_bytes(4, "big"),
        frame(b""),
        frame(b"\x91\x92\xa1?\x01"),
        frame(b"\x91\x92\xa1\xff\x01"),
        frame(b"\xdd\xff\xff\xff\xff"),
        frame(b"\x91\x93\xa1T\x01" + DEEP),
    ],
    ids=["too large", "empty", "unknown tag", "tag not UTF-8", "cut short", "deeply nested"],
)
def test_what_no_peer_sends_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError):
        list(FrameDecoder().feed(data))
