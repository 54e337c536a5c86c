"""The peer port: frames, both ends of the handshake, and a connection from its first byte on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import strategies as st

from tests.fuzz.mutations import CUTS, TOKENS, edited, edits, in_pieces, mutated
from tests.fuzz.target import Target
from tests.unit.api.support import Line
from vard_http.raft.messages import (
    AnyMessage,
    AppendEntries,
    AppendEntriesReply,
    CommitIndex,
    Configuration,
    Entry,
    InstallSnapshot,
    InstallSnapshotReply,
    Proposal,
    Propose,
    ReadIndex,
    ReadIndexReply,
    RequestVote,
    RequestVoteReply,
    SnapshotMeta,
    TimeoutNow,
)
from vard_http.transport import Handshake, HandshakeRefused, PeerListener, Refusals, check
from vard_http.transport.codec import FrameDecoder, FrameError, encode_frame
from vard_http.transport.handshake import parse_answer, parse_request, request

CLUSTER, ME, PEER = 0xC1, 1, 2
OVERHEAD = 64 << 10

_number = st.integers(0, 2**64 - 1) | st.integers(0, 5)
_data = st.binary(max_size=20)
_entry = st.builds(Entry, _number, _number, st.integers(0, 2), _data)
_meta = st.builds(
    SnapshotMeta,
    _number,
    _number,
    st.builds(Configuration, st.lists(_number, max_size=3).map(tuple)),
)
_MESSAGES: st.SearchStrategy[AnyMessage] = st.one_of(
    st.builds(RequestVote, _number, _number, _number, st.booleans(), st.booleans()),
    st.builds(RequestVoteReply, _number, st.booleans(), st.booleans()),
    st.builds(
        AppendEntries, _number, _number, _number, st.lists(_entry, max_size=3).map(tuple), _number
    ),
    st.builds(AppendEntriesReply, _number, st.booleans(), _number, _number, _number),
    st.builds(CommitIndex, _number, _number),
    st.builds(InstallSnapshot, _number, _meta, _number, _data, st.booleans()),
    st.builds(InstallSnapshotReply, _number, _number, _number),
    st.builds(TimeoutNow, _number),
    st.builds(
        Propose, st.lists(st.builds(Proposal, st.integers(0, 2), _data), max_size=3).map(tuple)
    ),
    st.builds(ReadIndex, _number),
    st.builds(ReadIndexReply, _number, _number),
)
_BATCHES = st.lists(st.lists(_MESSAGES, max_size=3), max_size=3)


class Frames(NamedTuple):
    """Batches of messages, what was done to their frames, and where the packets end."""

    batches: list[list[AnyMessage]]
    changes: list[tuple[str, int, int, bytes]]
    cuts: list[int]


def check_frames(frames: Frames) -> None:
    """Sound frames come back as they were, wherever they are cut; others raise FrameError."""
    sound = b"".join(map(encode_frame, frames.batches))
    data = edited(sound, frames.changes)
    decoder, found = FrameDecoder(), []
    sent = 0
    with contextlib.suppress(FrameError):
        for piece in in_pieces(data, frames.cuts):
            found += list(decoder.feed(piece))
            sent += len(piece)
            assert len(decoder._buffer) <= sent
        assert data != sound or found == [each for batch in frames.batches for each in batch]
        return
    assert data != sound, "a sound frame was refused"


_HELLO = request(Handshake(CLUSTER, PEER, ME, ("http://a:1",)), "h:1")
_WORDS = (*TOKENS, b"\r\n", b"\r\n\r\n", b":", b" ", b"9" * 5000, b"GET /vard/raft HTTP/1.1\r\n")
_ANSWERS = st.sampled_from(
    (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: vard-raft/1\r\n\r\n",
        b"HTTP/1.1 410 Gone\r\nConnection: close\r\n\r\nremoved\n",
    )
)


def check_words(data: bytes) -> None:
    """What is no handshake and no answer to one is refused as such."""
    with contextlib.suppress(HandshakeRefused):
        said = parse_request(data)
        assert min(said.cluster_id, said.source, said.target) >= 0
        assert max(said.cluster_id, said.source, said.target) < 1 << 64
    with contextlib.suppress(HandshakeRefused):
        parse_answer(data)


class _Caller(Line):
    """The transport of a connection on the peer port."""

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("127.0.0.1", 1)


class Call(NamedTuple):
    """What a caller says, and where its packets end."""

    data: bytes
    cuts: list[int]


async def _call(pieces: Sequence[bytes]) -> tuple[list[AnyMessage], bool]:
    """The messages that a caller got through, and whether it was taken for a peer."""
    received: list[AnyMessage] = []
    line = _Caller()
    listener = PeerListener(
        lambda source, message: received.append(message),
        lambda handshake: check(handshake, cluster_id=CLUSTER, me=ME, removed=frozenset()),
        asyncio.Protocol,
        Refusals(),
        lambda source, size: None,
    )
    listener.connection_made(line)
    sent = 0
    for piece in pieces:
        if line.closed or line.protocol is not None:
            break
        listener.data_received(piece)
        sent += len(piece)
        assert len(listener._head) <= min(sent, OVERHEAD) + len(piece)
    listener.connection_lost(None)
    return received, line.take().startswith(b"HTTP/1.1 101 ")


_loop = asyncio.new_event_loop()


def check_call(call: Call) -> None:
    """Only who shakes hands as a member of the cluster is heard, and only in whole messages."""
    received, accepted = _loop.run_until_complete(_call(in_pieces(call.data, call.cuts)))
    head, found, rest = call.data.partition(b"\r\n\r\n")
    if not received and not accepted:
        return
    said = parse_request(head + found)
    check(said, cluster_id=CLUSTER, me=ME, removed=frozenset())
    expected: list[AnyMessage] = []
    with contextlib.suppress(FrameError):
        expected.extend(FrameDecoder().feed(rest))
    assert received == expected


_CALLS = st.builds(
    lambda batches, changes, cuts: Call(
        edited(_HELLO + b"".join(map(encode_frame, batches)), changes), cuts
    ),
    _BATCHES,
    edits(_WORDS),
    CUTS,
)

TARGETS = (
    Target("frames", st.builds(Frames, _BATCHES, edits(), CUTS), check_frames, 500),
    Target(
        "handshake",
        mutated(st.just(_HELLO) | _ANSWERS, _WORDS) | st.binary(max_size=60),
        check_words,
        500,
    ),
    Target("peer-port", _CALLS, check_call, 400),
)
