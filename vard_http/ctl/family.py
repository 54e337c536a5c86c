"""Processes with all that they started."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from pathlib import Path


class Family:
    """A process that is not waited for yet, and its descendants as far as they were met.

    They are held by pidfds, so that no number which another process has got since is mistaken for
    one of them, and so that those are still known whose parents have ended.
    """

    def __init__(self, pid: int) -> None:
        self._members = {pid: os.pidfd_open(pid)}
        self._told: set[int] = set()

    def send(self, number: int) -> None:
        """A signal to all that run."""
        running = [pid for pid, descriptor in self._members.items() if not _ends(descriptor, 0)]
        for pid in descendants(*running):
            if pid not in self._members:
                with contextlib.suppress(ProcessLookupError):
                    self._members[pid] = os.pidfd_open(pid)
        for descriptor in list(self._members.values()):
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, number)
                self._told.add(descriptor)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all have ended that a signal was sent to; False if `seconds` did not do."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while self._told:
            descriptor = next(iter(self._told))
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not _ends(descriptor, left):
                return False
            self._told.discard(descriptor)
        return True


def _ends(descriptor: int, seconds: float | None) -> bool:
    """Whether the process of a pidfd has ended, after so many seconds at most."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if seconds is None else seconds * 1000))


def descendants(*pids: int, proc: Path = Path("/proc")) -> list[int]:
    """All that processes have started, and those have, as far as they run."""
    children: dict[int, list[int]] = {}
    for directory in proc.iterdir():
        if directory.name.isdigit() and (parent := _parent(directory)) is not None:
            children.setdefault(parent, []).append(int(directory.name))
    found: dict[int, None] = {}
    waiting = list(pids)
    while waiting:
        below = [pid for pid in children.get(waiting.pop(), []) if pid not in found]
        found.update(dict.fromkeys(below))
        waiting += below
    return list(found)


def _parent(directory: Path) -> int | None:
    try:
        stat = (directory / "stat").read_bytes()
    except OSError:  # it has ended
        return None
    return int(stat[stat.rindex(b")") + 1 :].split()[1])
