"""`vardctl` as a process of its own, for what signals and deaths do to it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from tests.harness.processes import Server

PATIENCE = 20.0


class Process:
    """A running `vardctl`, in a session of its own and so without a terminal."""

    def __init__(
        self, server: Server, *arguments: str, ignored: Sequence[signal.Signals] = ()
    ) -> None:
        def in_child() -> None:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)

        command = [sys.executable, "-m", "vard_http.ctl", "--endpoints", server.endpoint.client_url]
        self._process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=in_child,
        )
        self._unread = b""

    def line(self) -> str:
        """The next line that it prints."""
        assert self._process.stdout is not None
        while b"\n" not in self._unread:
            ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
            more = os.read(self._process.stdout.fileno(), 4096) if ready else b""
            if not more:
                raise AssertionError(f"no line, but {self._unread!r}; {self.kill()}")
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Waits for its end; the status, and what it printed as errors."""
        _, err = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, err.decode()

    def kill(self) -> tuple[int, str]:
        """SIGKILL."""
        self._process.kill()
        return self.end()

    def close(self) -> None:
        """Ends all that was started, whatever became of it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(ValueError):  # the pipes are closed: it was waited for
            self._process.communicate()


@contextlib.contextmanager
def vardctl(
    server: Server, *arguments: str, ignored: Sequence[signal.Signals] = ()
) -> Iterator[Process]:
    """Runs `vardctl ARGUMENTS` for the length of a `with` block.

    SIGINT, SIGTERM and SIGHUP do what they do by default, whatever they do here, or are `ignored`.
    """
    process = Process(server, *arguments, ignored=ignored)
    try:
        yield process
    finally:
        process.close()


def wait_until_gone(pid: int) -> None:
    """Waits for the end of a process that is not our child. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ready, _, _ = select.select([descriptor], [], [], deadline - time.monotonic())
    finally:
        os.close(descriptor)
    if not ready:
        raise TimeoutError(f"process {pid} goes on")
