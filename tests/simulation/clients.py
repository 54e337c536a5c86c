"""Clients: they propose numbered values and ask for linearizable reads, at any server."""

from __future__ import annotations

from random import Random

from tests.simulation.checker import Checker
from tests.simulation.server import Server
from vard_http.raft import NORMAL, Proposal


class Clients:
    """Every value is proposed once; a read's `context` is never used again."""

    def __init__(self, chance: Random, checker: Checker, servers: dict[int, Server]) -> None:
        self._chance = chance
        self._checker = checker
        self._servers = servers
        self._count = 0

    def act(self) -> None:
        """One request at a server that is up."""
        up = [server for server in self._servers.values() if server.raft is not None]
        if up:
            server = self._chance.choice(up)
            if self._chance.random() < 0.6:
                self.propose(server)
            else:
                self.read(server)

    def propose(self, server: Server) -> bytes:
        self._count += 1
        data = b"value %d" % self._count
        self._checker.proposed(data, server.node, server.incarnation)
        server.propose(Proposal(NORMAL, data))
        return data

    def read(self, server: Server) -> None:
        self._count += 1
        self._checker.read_asked(self._count)
        server.read(self._count)
