"""The clients that are connected by vard's protocol."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from vard_http.node import Node
from vard_http.vardwire.requests import Requests
from vard_http.vardwire.session import Session

log = structlog.get_logger("vard")

PATIENCE: Final = 10.0
"""Seconds in which a client has to say its id, to finish a frame, and to read what it is sent."""


class VardClients:
    """Serves vard's clients, at most `limit` connections at a time."""

    def __init__(self, node: Node, limit: int, patience: float = PATIENCE) -> None:
        self._requests = Requests(node)
        self._limit = limit
        self._patience = patience
        self._sessions: set[Session] = set()
        self._by_client: dict[bytes, Session] = {}
        self._full = False
        self._timer: asyncio.TimerHandle | None = None

    def make_session(self) -> Session:
        """A protocol for a connection that comes in."""
        if self._timer is None:
            self._look()
        return Session(self._requests, self)

    def close(self) -> None:
        """Close all connections at once."""
        if self._timer is not None:
            self._timer.cancel()
        for session in list(self._sessions):
            session.abort()

    def enter(self, session: Session) -> bool:
        """Sessions.enter."""
        full = len(self._sessions) >= self._limit
        if full and not self._full:
            log.warning("too many client connections: refusing more", limit=self._limit)
        self._full = full
        if not full:
            self._sessions.add(session)
        return not full

    def introduce(self, session: Session, client: bytes) -> None:
        """Sessions.introduce."""
        before = self._by_client.get(client)
        self._by_client[client] = session
        if before is not None:
            before.abort()

    def leave(self, session: Session) -> None:
        """Sessions.leave."""
        self._sessions.discard(session)
        if session.client is not None and self._by_client.get(session.client) is session:
            del self._by_client[session.client]

    def _look(self) -> None:
        """Close the connections of clients that have been stuck for too long, now and then."""
        loop = asyncio.get_running_loop()
        before = loop.time() - self._patience
        for session in list(self._sessions):
            if session.stuck_since is not None and session.stuck_since < before:
                log.debug("a client is disconnected", reason="it has stopped in the middle")
                session.abort()
        self._timer = loop.call_later(self._patience / 10, self._look)
