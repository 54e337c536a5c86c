"""Keys and the status, on a terminal of 80 columns and 24 lines."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from tests.dev.running import FLAGS, ROOT, SECONDS

_SIZE = struct.pack("HHHH", 24, 80, 0, 0)
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Terminal:
    """The command with a terminal of its own; what it wrote is read without colours."""

    def __init__(self, temporary: Path) -> None:
        self._ours, self.theirs = os.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, _SIZE)
        self.as_found = termios.tcgetattr(self.theirs)
        self._shown = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vard_http", "dev", "--logs", "none", "--", *FLAGS],
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary), "TERM": "xterm"},
            start_new_session=True,
        )

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The next place of what is shown that matches."""
        deadline = time.monotonic() + SECONDS
        while not (found := re.search(pattern, self._shown)):
            left = deadline - time.monotonic()
            assert left > 0, f"{pattern!r} in:\n{self._shown}"
            self._read(left)
        self._shown = self._shown[found.end() :]
        return found

    def wait_end(self) -> int:
        """The exit status; what is written meanwhile is read, as a terminal would."""
        while self.process.poll() is None:
            self._read(0.1)
        return self.process.returncode

    def _read(self, seconds: float) -> None:
        if select.select([self._ours], [], [], seconds)[0]:
            self._shown += _CONTROL.sub("", os.read(self._ours, 1 << 16).decode(errors="replace"))

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.wait_end()
        os.close(self._ours)
        os.close(self.theirs)


@contextlib.contextmanager
def terminal(temporary: Path) -> Iterator[Terminal]:
    made = Terminal(temporary)
    try:
        yield made
    finally:
        made.close()


def test_keys_do_what_the_help_says(tmp_path: Path) -> None:
    with terminal(tmp_path) as shown:
        shown.wait_for("A number chooses a node")
        shown.wait_for(r"ready; leader node\d, term \d+, commit index \d+\n")
        shown.press("k")
        shown.wait_for("k which node")
        shown.press("1k")
        shown.wait_for("node1 ended by signal 9")
        shown.wait_for("> node1 down ")
        shown.wait_for(r"; down: node1\n")
        shown.press("r")
        shown.wait_for("node1 started again")
        shown.wait_for("all nodes are healthy")
        shown.press("2p")
        shown.wait_for("node2 paused")
        shown.press("p")
        shown.wait_for("node2 goes on")
        shown.press("3x")
        shown.wait_for("node3 cut off from node1, node2")
        shown.wait_for(r"> node3 .* cut from 1 2 ")
        shown.press("x")
        shown.wait_for("the links of node3 are whole")
        shown.press("w")
        shown.wait_for(r"writer: [1-9]\d* acknowledged")
        shown.press("h")
        shown.wait_for("1-9, arrows")
        shown.press("q")
        assert shown.wait_end() == 0
        assert termios.tcgetattr(shown.theirs) == shown.as_found
        assert not list(tmp_path.iterdir())
