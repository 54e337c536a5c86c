"""Loopback ports that no other test run on this machine takes at the same time."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Below Linux's ephemeral range (32768 on), so that no outgoing connection takes one of them.
FIRST_PORT = 20_100
LAST_PORT = 32_000

_LOCKS = Path(tempfile.gettempdir()) / f"vard-http-test-ports-{os.getuid()}"


@dataclass
class PortLease:
    """One port, ours until `release` or the end of this process (a lock on a file says so)."""

    port: int
    _lock: int

    def release(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def lease_port() -> PortLease:
    """A port that nobody listens on and no other test run has leased."""
    _LOCKS.mkdir(exist_ok=True)
    for _ in range(1000):
        lease = _try_lease(random.randint(FIRST_PORT, LAST_PORT))
        if lease is not None:
            return lease
    raise RuntimeError(f"no free port between {FIRST_PORT} and {LAST_PORT}")


def _try_lease(port: int) -> PortLease | None:
    lock = os.open(_LOCKS / str(port), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    if not _can_bind(port):
        os.close(lock)
        return None
    return PortLease(port, lock)


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
