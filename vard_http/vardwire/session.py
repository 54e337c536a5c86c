"""One connection of a vard client."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Final, Protocol, cast

import structlog

from vard_http.vardwire.codec import MAX_FRAME, FrameError, Frames, parse_client, parse_request
from vard_http.vardwire.requests import Requests

log = structlog.get_logger("vard")

MAX_WAITING: Final = 64
"""Requests of one connection that are on their way at a time."""

BURST: Final = 64
"""Requests of one connection that are taken in before others get their turn."""

MAX_AHEAD: Final = 4 + MAX_FRAME
"""Bytes that may wait; a whole frame is among more of them."""


class Sessions(Protocol):
    """The other connections, for one of them."""

    def enter(self, session: Session) -> bool:
        """A new one; False: there is no room for it."""

    def introduce(self, session: Session, client: bytes) -> None:
        """It has said who it is. An older one of the same client ends."""

    def leave(self, session: Session) -> None:
        """It is closed."""


class Session(asyncio.Protocol):
    """Reads requests and writes answers.

    As in vard it ends at anything that is not understood, and when the client sends no more.
    `client` is the client's id; `stuck_since` (seconds of the loop's clock) tells since when the
    client owes the rest of a frame, or does not read.
    """

    def __init__(self, requests: Requests, sessions: Sessions) -> None:
        self.client: bytes | None = None
        self.stuck_since: float | None = None
        self._requests = requests
        self._sessions = sessions
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._waiting = 0
        self._paused = False
        self._working = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._note_stuck()
        if not self._sessions.enter(self):
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._sessions.leave(self)

    def pause_writing(self) -> None:
        self._paused = True
        self._note_stuck()

    def resume_writing(self) -> None:
        self._paused = False
        self.stuck_since = None
        self._work()

    def data_received(self, data: bytes) -> None:
        self._frames.feed(data)
        self._work()
        if self._frames.begun and self._has_room:
            self._acknowledge()

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def _acknowledge(self) -> None:
        """Have the kernel confirm the part of a frame that is here.

        vard's own client sends the length and then the text, which its kernel holds back until the
        length is confirmed; ours would take 40 ms for that.
        """
        transport = self._transport
        sock = transport.get_extra_info("socket") if transport is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _work(self) -> None:
        """Take in the frames that are here, as far as there is room for their requests."""
        if self._working:
            return
        self._working = True
        try:
            for _ in range(BURST):
                if not self._has_room or (frame := self._frames.take()) is None:
                    break
                self._take(frame)
            else:
                asyncio.get_running_loop().call_soon(self._work)
        except FrameError as error:
            log.debug("a client is disconnected", reason=str(error))
            self.abort()
        except Exception:
            log.exception("a request failed")
            self.abort()
        finally:
            self._working = False
        self._regulate()

    @property
    def _has_room(self) -> bool:
        transport = self._transport
        return (
            self._waiting < MAX_WAITING
            and not self._paused
            and transport is not None
            and not transport.is_closing()
        )

    def _take(self, frame: bytes) -> None:
        self.stuck_since = None
        if self.client is None:
            self.client = parse_client(frame)
            self._sessions.introduce(self, self.client)
        else:
            request = parse_request(frame)
            self._waiting += 1
            self._requests.ask(self.client, request, self._reply)

    def _reply(self, frame: bytes | None) -> None:
        self._waiting -= 1
        if self._transport is None:
            return
        if frame is None:
            self.abort()
            return
        if frame:
            self._transport.write(frame)
        if self._frames.begun:
            self._work()

    def _regulate(self) -> None:
        transport = self._transport
        if transport is None:
            return
        if len(self._frames) <= MAX_AHEAD:
            transport.resume_reading()
        else:
            transport.pause_reading()
        self._note_stuck()

    def _note_stuck(self) -> None:
        """Keep since when the client is the one who has to do something, if it is."""
        owes = self.client is None or (self._frames.begun and self._has_room)
        if not (self._paused or owes):
            self.stuck_since = None
        elif self.stuck_since is None:
            self.stuck_since = asyncio.get_running_loop().time()
