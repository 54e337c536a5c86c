"""Telling in lines what became of the cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from vard_http.dev import status
from vard_http.dev.cluster import Cluster
from vard_http.dev.member import Member
from vard_http.dev.screen import OWN, WRONG
from vard_http.dev.tally import Outage
from vard_http.dev.view import Leadership, Lost, Process

_GOOD: Final = "bold green"


class Teller:
    """Says each change once: of a process, of the leader, of the health of all.

    `say` takes a line and its style; `hint` says how to go on when the cluster is ready.
    """

    def __init__(self, cluster: Cluster, say: Callable[[str, str], None], hint: str) -> None:
        self.was_ready = False
        """Whether the cluster has been ready at any time."""
        self._cluster = cluster
        self._view = cluster.view
        self._say = say
        self._hint = hint
        self._leadership = Leadership()
        self._ready = False
        self._processes: dict[int, Process] = {}

    def turned(self, member: Member) -> None:
        """A process has begun, paused, gone on or ended."""
        before = self._processes.get(member.endpoint.number, Process.DOWN)
        self._processes[member.endpoint.number] = member.process
        name = member.endpoint.name
        if member.process is Process.DOWN:
            self._say(f"{name} {_end(member)}", OWN if member.asked else WRONG)
        elif member.process is Process.PAUSED:
            self._say(f"{name} paused", OWN)
        elif before is Process.PAUSED:
            self._say(f"{name} goes on", OWN)
        elif member.status is not None:
            self._say(f"{name} started again, process {member.pid}", OWN)
        self.news()

    def news(self) -> None:
        """Something may have changed."""
        change = self._leadership.update(time.monotonic(), self._view.leader)
        if change is not None:
            self._say(status.change(change), WRONG if isinstance(change, Lost) else _GOOD)
        ready, self._ready = self._ready, self._view.ready
        if self._ready and not ready:
            self._tell_ready()

    def outage(self, over: Outage) -> None:
        """Writes were not acknowledged for a while."""
        self._say(status.outage(over), OWN)

    def _tell_ready(self) -> None:
        if self.was_ready:
            self._say(f"all nodes are healthy; {status.summary(self._view)}", _GOOD)
            return
        self.was_ready = True
        for line in (*status.welcome(self._cluster.plan, self._pids()), self._hint):
            self._say(line, OWN)

    def _pids(self) -> Mapping[int, int]:
        return {number: member.pid for number, member in self._cluster.members.items()}


def _end(member: Member) -> str:
    assert member.status is not None
    how = f"by signal {-member.status}" if member.status < 0 else f"with status {member.status}"
    return f"ended {how}" if member.asked else f"ended by itself, {how}"


def last_words(log: Path, lines: int) -> list[str]:
    """The last lines of a node's log."""
    return log.read_text(errors="replace").splitlines()[-lines:]
