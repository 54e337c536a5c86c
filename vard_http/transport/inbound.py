"""The receiving end of peer connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import cast

import structlog

from vard_http.raft.messages import AnyMessage
from vard_http.transport import handshake as hs
from vard_http.transport.codec import FrameDecoder, FrameError

log = structlog.get_logger("transport")

HANDSHAKE_SECONDS = 5.0
REPEAT_SECONDS = 600.0
MAX_REMEMBERED = 100

Receive = Callable[[int, AnyMessage], None]
Welcome = Callable[[hs.Handshake], None]
Count = Callable[[int, int], None]

_LATE = hs.HandshakeRefused(400, f"no handshake within {HANDSHAKE_SECONDS:g} seconds")
_NO_HTTP = hs.HandshakeRefused(400, "this is not HTTP")


class Refusals:
    """Logs why callers are turned away: once for each kind, not once for each attempt."""

    def __init__(self) -> None:
        self._logged: dict[tuple[str, str], float] = {}

    def report(self, host: str, reason: str) -> None:
        """Somebody at `host` was turned away just now."""
        now = time.monotonic()
        if now - self._logged.get((host, reason), -REPEAT_SECONDS) < REPEAT_SECONDS:
            return
        if len(self._logged) >= MAX_REMEMBERED:
            self._logged.clear()
        self._logged[host, reason] = now
        log.warning("caller refused on the peer port", address=host, reason=reason)


class PeerListener(asyncio.Protocol):
    """A connection on the peer port: frames after a handshake; anything else is for `fallback`.

    `welcome` raises HandshakeRefused for callers who are not wanted. `fallback` makes the protocol
    that takes over the connections of plain HTTP clients. All listeners share `refusals`. `count`
    is told from whom how many bytes came.
    """

    def __init__(
        self,
        receive: Receive,
        welcome: Welcome,
        fallback: Callable[[], asyncio.Protocol],
        refusals: Refusals,
        count: Count,
    ) -> None:
        self._receive = receive
        self._welcome = welcome
        self._fallback = fallback
        self._refusals = refusals
        self._count = count
        self._head = bytearray()
        self._frames: FrameDecoder | None = None
        self._handshake: hs.Handshake | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(HANDSHAKE_SECONDS, self._refuse, _LATE)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        if self._frames is not None:
            log.info("peer hung up", peer=self._peer, error=str(exc) if exc else None)

    def data_received(self, data: bytes) -> None:
        if self._frames is None:
            self._head += data
            self._begin()
        else:
            self._feed(data)

    def _begin(self) -> None:
        start = f"GET {hs.PATH} ".encode()
        if not self._head.startswith(start[: len(self._head)]):
            if self._head[:1].isupper():
                self._hand_over()
            else:
                self._refuse(_NO_HTTP)
            return
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            if len(self._head) > hs.MAX_HEAD:
                self._refuse(hs.HandshakeRefused(400, "the handshake is too long"))
            return
        head, rest = bytes(self._head[: end + 4]), bytes(self._head[end + 4 :])
        try:
            handshake = hs.parse_request(head)
            self._welcome(handshake)
        except hs.HandshakeRefused as error:
            self._refuse(error)
            return
        self._stop_timer()
        self._handshake = handshake
        self._frames = FrameDecoder()
        self._open().write(hs.ACCEPTED)
        log.info("peer called", peer=self._peer)
        if rest:
            self._feed(rest)

    def _feed(self, data: bytes) -> None:
        assert self._frames is not None
        assert self._handshake is not None
        self._count(self._handshake.source, len(data))
        try:
            # It may have been removed since; when it calls again it will be told.
            self._welcome(self._handshake)
            for message in self._frames.feed(data):
                self._receive(self._handshake.source, message)
        except hs.HandshakeRefused as error:
            self._drop("peer is not welcome any more", error)
        except FrameError as error:
            self._drop("peer spoke nonsense", error)

    def _drop(self, event: str, error: Exception) -> None:
        log.warning(event, peer=self._peer, error=str(error))
        self._frames = None
        self._open().abort()

    @property
    def _peer(self) -> str:
        return f"{self._handshake.source:x}" if self._handshake is not None else ""

    def _refuse(self, error: hs.HandshakeRefused) -> None:
        self._stop_timer()
        transport = self._open()
        self._refusals.report(transport.get_extra_info("peername")[0], str(error))
        transport.write(hs.refusal(error))
        transport.close()

    def _hand_over(self) -> None:
        self._stop_timer()
        transport = self._open()
        protocol = self._fallback()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(bytes(self._head))

    def _open(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
