"""`vard-http dev` as a process whose lines are read and who is told what to do."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 30.0
FLAGS = ("--election-timeout", "500", "--heartbeat-interval", "50")


class NotSaid(AssertionError):
    """A line that was waited for did not come; carries those that did."""


class Dev:
    """A running command in plain mode. Lines are waited for in their order."""

    def __init__(self, temporary: Path, options: Sequence[str], flags: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vard_http", "dev", "--plain", *options, "--", *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary)},
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def tell(self, command: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The next line that matches `pattern` from its beginning. Raises NotSaid."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                line = self._lines.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                line = None
            if line is None:
                raise NotSaid(f"{pattern!r} in:\n" + "\n".join(self.said))
            self.said.append(line)
            if found := re.match(pattern, line):
                return found

    def members(self) -> dict[int, tuple[str, int]]:
        """Client URL and process of each node, once the cluster is ready."""
        self.wait_for("Ready:")
        found = {}
        while match := re.match(r"  node(\d)  (http:\S+)  process (\d+)", self.wait_for("").string):
            found[int(match[1])] = (match[2], int(match[3]))
        return found

    def leader(self) -> int:
        """Who leads now."""
        self.tell("status")
        return int(self.wait_for(r".*leader node(\d)")[1])

    def end(self) -> int:
        """Quit; returns the exit status."""
        self.tell("quit")
        return self.process.wait(SECONDS)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(SECONDS)


@contextlib.contextmanager
def running(
    temporary: Path, options: Sequence[str] = (), flags: Sequence[str] = FLAGS
) -> Iterator[Dev]:
    """The command for the length of a `with` block; `temporary` is where it makes its directory."""
    dev = Dev(temporary, options, flags)
    try:
        yield dev
    finally:
        dev.close()


def lives(pid: int) -> bool:
    """Whether there is such a process, and not only its remains."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def wait_gone(pids: Sequence[int]) -> None:
    deadline = time.monotonic() + SECONDS
    while any(lives(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still there: {pids}"
        time.sleep(0.01)
