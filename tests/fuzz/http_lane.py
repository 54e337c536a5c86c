"""The HTTP fast lane beside aiohttp's parser: both see the same requests, or one hangs up.

A proxy in front of the member parses the stream too. As long as every parser sees the same
requests, or refuses, nobody can smuggle one past it; so what one of ours takes and aiohttp's
refuses, or the other way round, has to be in one of the lists of `http_oracle`, with a reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from unittest.mock import patch

from tests.fuzz.http_oracle import Parsed, Seen, compare, parse
from tests.fuzz.http_requests import STREAMS, Stream
from tests.fuzz.member import NOW, Member, StoppedTime, service_of
from tests.fuzz.mutations import in_pieces
from tests.fuzz.target import Target
from tests.unit.api.support import Line, Receiver
from vard_http.api import service as service_module
from vard_http.api.crowd import Crowd
from vard_http.api.keys import BrokenBody, wants_form
from vard_http.api.lane import Lane
from vard_http.api.routes import Keys
from vard_http.store import digest

MOST_WATCHES = 8
"""A stream has no requests behind it, and a client no more watches than requests."""

SLACK = 64 << 10
"""Bytes that a connection may hold beside those it was sent."""


class _Lane(Lane):
    """A lane that notes which requests it serves, and where in the stream they end."""

    seen: list[Seen]
    taken: int

    def data_received(self, data: bytes) -> None:
        self.taken += len(data)
        super().data_received(data)

    def _serve(self, body: bytes | BrokenBody) -> None:
        head = self._head
        assert head is not None
        fields = head.fields
        form = wants_form(head.method, fields.get(b"content-type"))
        wanted = form and isinstance(self._to, Keys)
        whole = body if wanted and isinstance(body, bytes) else None
        end = self.taken - len(self._buffer)
        self.seen.append(Seen(head.method, head.target, head.minor, fields.headers, whole, end))
        super()._serve(body)


class Result(NamedTuple):
    """What came of a stream; `state` is the store's digest."""

    seen: list[Seen]
    ended: str
    answers: bytes
    state: str


async def _settled(member: Member) -> None:
    while member.settle():  # noqa: ASYNC110 - the member does nothing by itself
        await asyncio.sleep(0)


async def _drive(pieces: Sequence[bytes]) -> Result:
    member, line, receiver = Member(), Line(), Receiver()
    crowd: Crowd[Lane] = Crowd(0, lambda: 0)
    lane = _Lane(service_of(member), lambda: receiver, crowd)
    lane.seen, lane.taken = [], 0
    lane.connection_made(line)
    sent = 0
    for piece in pieces:
        if line.protocol is not None or line.closed:
            break
        sent += len(piece)
        lane.data_received(piece)
        await _settled(member)
        assert len(lane._buffer) <= sent + SLACK
    told = await _tell_watchers(lane, member)
    ended, seen = _end_of(lane, line), list(lane.seen)
    handed = line.protocol is not None
    if not handed and not line.closed:
        lane.eof_received()
        await _settled(member)
    assert not line.aborted, "a request failed"
    answers = line.take()
    lane.connection_lost(None)
    assert not list(crowd)
    state = digest(member.store)
    writes = sum(request.method in (b"PUT", b"POST", b"DELETE") for request in lane.seen)
    assert len(member.commands) <= writes
    assert state == EMPTY or writes or told
    return Result(seen, ended, answers, state)


async def _tell_watchers(lane: Lane, member: Member) -> bool:
    """Let the watches that end with an event have one; whether there was any."""
    told = False
    for _ in range(MOST_WATCHES):
        if lane._stream is None:
            break
        told = True
        member.store.set(b"/1/w", b"told", now=NOW)
        await _settled(member)
    return told


def _end_of(lane: Lane, line: Line) -> str:
    if line.protocol is not None:
        return "handed on"
    if lane._stream is not None:
        return "watching"
    if line.ended or line.closed:
        return "hung up"
    return "open"


EMPTY = digest(Member().store)
_loop = asyncio.new_event_loop()


def drive(pieces: Sequence[bytes]) -> Result:
    """Send these to a fresh member."""
    with patch.object(service_module, "time", StoppedTime):
        return _loop.run_until_complete(_drive(pieces))


def check_stream(stream: Stream) -> None:
    """The same however it is cut, and the same as aiohttp's parser sees it."""
    whole = drive([stream.data])
    pieces = drive(in_pieces(stream.data, stream.cuts))
    assert pieces.seen == whole.seen
    if "handed on" not in (whole.ended, pieces.ended):
        assert pieces.answers == whole.answers
    assert (pieces.ended, pieces.state) == (whole.ended, whole.state)
    theirs: Parsed = _loop.run_until_complete(parse(stream.data))
    compare(stream.data, whole.seen, whole.ended, theirs)


TARGET = Target("http", STREAMS, check_stream, examples=400)
