"""Cores without disks or clocks, whose messages go only where a test lets them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tests.unit.raft.support import server, time_out, turn
from vard_http.raft import AnyMessage, Configuration, Entry, Raft, Role, Settings


class Cores:
    """Servers by id. `committed` is what each has committed, by index."""

    def __init__(
        self, ids: Iterable[int], configuration: Configuration, settings: Settings
    ) -> None:
        self.servers = {me: server(me, configuration, settings=settings) for me in ids}
        self.committed: dict[int, dict[int, Entry]] = {me: {} for me in self.servers}

    def __getitem__(self, me: int) -> Raft:
        return self.servers[me]

    def deliver(self, among: Collection[int], *, copies: int = 1, rounds: int = 1000) -> None:
        """Carry messages between these servers until they have no more to say; others are lost."""
        for _ in range(rounds):
            sent = [(me, to, message) for me in among for to, message in self._said(me)]
            if not sent:
                return
            for source, target, message in sent * copies:
                if target in among and target != source:
                    self.servers[target].step(source, message)

    def campaign(
        self, me: int, among: Collection[int], *, copies: int = 1, rounds: int = 1000
    ) -> None:
        """Let a server's election timer fire when the others have heard nothing for as long.

        Two rounds bring it the votes, but nobody what it says as leader.
        """
        due = max(self.servers[node].deadline() for node in among)
        for node in among:
            self.servers[node].state.now = due
        time_out(self.servers[me])
        self.deliver(among, copies=copies, rounds=rounds)

    def heartbeat(self, leader: int) -> None:
        """Let a leader speak to those it has not heard of yet."""
        raft = self.servers[leader]
        raft.tick(raft.state.heartbeat_deadline)

    def leaders(self, term: int) -> list[int]:
        """Who leads in this term."""
        return [
            me
            for me, raft in self.servers.items()
            if raft.state.role is Role.LEADER and raft.term == term
        ]

    def _said(self, me: int) -> list[tuple[int, AnyMessage]]:
        sent: list[tuple[int, AnyMessage]] = []
        for ready in turn(self.servers[me]):
            self.committed[me] |= {entry.index: entry for entry in ready.committed}
            sent += ready.appends + ready.messages
        return sent
