"""A member without a disk or peers: what it is told to write is applied at the next `settle`."""

from __future__ import annotations

from typing import cast

from vard_http.api.render import Clock
from vard_http.api.service import Service
from vard_http.node import Node
from vard_http.node.pending import Done, Outcome
from vard_http.node.quota import Quota
from vard_http.node.reads import ReadDone
from vard_http.store import Command, Store, StoreError, apply

NOW = 1_700_000_000 * 1_000_000_000


class StoppedTime:
    """Stands in for the module `time`."""

    @staticmethod
    def time_ns() -> int:
        return NOW


class _StoppedClock(Clock):
    def date(self) -> bytes:
        return b"Mon, 24 Nov 2025 16:00:00 GMT"


class Member:
    """As much of a Node as the API needs for keys."""

    cluster_id = 0xC1
    commit_index = 7
    term = 2

    def __init__(self) -> None:
        self.store = Store()
        self.quota = Quota(self.store, 0, lambda: 1 << 40)
        self.commands: list[Command] = []
        self._proposed: list[tuple[Command, Done]] = []
        self._reads: list[ReadDone] = []

    @property
    def raft(self) -> Member:
        """Its position in the log is all that is asked of the core."""
        return self

    def propose(self, command: Command, done: Done) -> None:
        self._proposed.append((command, done))

    def read(self, done: ReadDone) -> None:
        self._reads.append(done)

    def settle(self) -> bool:
        """Carry out what waits; whether anything did."""
        proposed, self._proposed = self._proposed, []
        reads, self._reads = self._reads, []
        for command, done in proposed:
            self.commands.append(command)
            outcome: Outcome
            try:
                outcome = apply(self.store, command)
            except StoreError as error:
                outcome = error
            done(outcome)
        for read in reads:
            read(None)
        return bool(proposed or reads)


def service_of(member: Member) -> Service:
    """The API of that member; its clock stands still."""
    service = Service(
        cast(Node, member), cors=("*",), host_whitelist=("*",), v2=True, client_cert_auth=False
    )
    service.clock = _StoppedClock()
    return service
