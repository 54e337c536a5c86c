"""Measurements taken from outside while something else goes on, each in a thread of its own."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from loadtest.figures import percentile

_BLOCK = b"\0" * 4096


class _Probe:
    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        raise NotImplementedError


class FsyncProbe(_Probe):
    """Writes 4 KiB and calls fdatasync ten times a second beside the servers' own data."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory
        self.milliseconds: list[float] = []

    def percentile(self, percent: float) -> float | None:
        """In ms; None if there was no time for one."""
        return percentile(self.milliseconds, percent) if self.milliseconds else None

    def _run(self) -> None:
        with tempfile.TemporaryFile(dir=self._directory) as file:
            while not self._stop.wait(0.1):
                os.pwrite(file.fileno(), _BLOCK, 0)
                started = time.perf_counter()
                os.fdatasync(file.fileno())
                self.milliseconds.append((time.perf_counter() - started) * 1000)


class PauseProbe(_Probe):
    """Sends one GET each millisecond on one connection, and remembers the longest answer.

    A server whose loop stands still for T ms answers the GET of that time after about T ms. What
    the kernel takes to run either side is in it, too: `late_ms` is how much later than asked this
    probe itself was woken at worst.
    """

    def __init__(self, port: int, path: str) -> None:
        super().__init__()
        self._port = port
        self._request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        self.longest_ms = 0.0
        self.late_ms = 0.0
        self.answers = 0
        self.broken = False

    def _run(self) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=60) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._ask(connection)
        except OSError:
            self.broken = True

    def _ask(self, connection: socket.socket) -> None:
        while not self._stop.is_set():
            started = time.perf_counter()
            connection.sendall(self._request)
            if not connection.recv(65536):
                raise ConnectionResetError
            answered = time.perf_counter()
            self.answers += 1
            self.longest_ms = max(self.longest_ms, (answered - started) * 1000)
            due = max(started + 0.001, answered)
            time.sleep(due - answered)
            self.late_ms = max(self.late_ms, (time.perf_counter() - due) * 1000)
