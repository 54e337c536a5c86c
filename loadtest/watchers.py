"""Many clients that wait for one key, in one thread: sockets and epoll, and nothing between."""

from __future__ import annotations

import resource
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

_BATCH = 250
_REFUSALS = (b"HTTP/1.1 4", b"HTTP/1.1 5")
_RESET_ON_CLOSE = b"\1\0\0\0\0\0\0\0"  # struct linger: on, 0 s; leaves no TIME_WAIT behind


class WatchFailed(RuntimeError):
    """A watcher was refused, cut off or not told in time."""


class Watchers:
    """`count` long polls (`wait=true`) on one key of 127.0.0.1:port, each a connection."""

    def __init__(self, port: int, path: str) -> None:
        self._port = port
        self._request = f"GET {path}?wait=true HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        self._sockets: dict[int, socket.socket] = {}
        self._epoll = select.epoll()

    def open(self, count: int, seconds: float = 60.0) -> None:
        """Connects them all and waits until the server has registered each: its head is there."""
        for first in range(0, count, _BATCH):
            batch = dict(self._connect() for _ in range(min(_BATCH, count - first)))
            self._sockets |= batch
            for _ in self._told(batch, b"\r\n\r\n", seconds):
                pass

    def events(self, seconds: float = 60.0) -> list[float]:
        """Waits for one event at each; the times (perf_counter) at which they had it, in order."""
        times = []
        for number in self._told(self._sockets, b'"action"', seconds):
            times.append(time.perf_counter())
            self._epoll.unregister(number)  # what follows is the end of the answer
        return times

    def close(self) -> None:
        self._epoll.close()
        for connection in self._sockets.values():
            connection.close()
        self._sockets.clear()

    def _connect(self) -> tuple[int, socket.socket]:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        connection.sendall(self._request)
        connection.setblocking(False)
        self._epoll.register(connection.fileno(), select.EPOLLIN)
        return connection.fileno(), connection

    def _told(
        self, connections: dict[int, socket.socket], mark: bytes, seconds: float
    ) -> Iterator[int]:
        """Yields each connection's number once `mark` is among the bytes it received."""
        deadline = time.monotonic() + seconds
        waiting = dict.fromkeys(connections, b"")
        while waiting:
            if time.monotonic() > deadline:
                raise WatchFailed(f"{len(waiting)} of {len(connections)} heard nothing")
            for number, _ in self._epoll.poll(1.0, 1024):
                if number not in waiting:
                    raise WatchFailed("a watcher heard something before the event")
                received = connections[number].recv(4096)
                waiting[number] += received
                if not received or received.startswith(_REFUSALS):
                    raise WatchFailed(f"cut off after {waiting[number][:200]!r}")
                if mark in waiting[number]:
                    del waiting[number]
                    yield number


@contextmanager
def watching(port: int, path: str, count: int) -> Iterator[Watchers]:
    """`count` open watchers. Raises WatchFailed if they cannot be."""
    hard = raise_file_limit()
    if hard != resource.RLIM_INFINITY and hard < count + 100:
        raise WatchFailed(f"only {hard} files may be open (ulimit -Hn): too few for {count}")
    watchers = Watchers(port, path)
    try:
        watchers.open(count)
        yield watchers
    finally:
        watchers.close()


def raise_file_limit() -> int:
    """Lets this process, and those it starts, open as many files as they may; says how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
