"""Clients: they propose numbered values and ask for linearizable reads, at any server."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.simulation.checker import Checker
from tests.simulation.server import Server
from vard_http.raft import NORMAL, Proposal


class Clients:
    """Every value is proposed once; a read's `context` is never used again."""

    def __init__(
        self,
        checker: Checker,
        servers: dict[int, Server],
        note: Callable[[int, str, object], None],
    ) -> None:
        self._checker = checker
        self._servers = servers
        self._note = note

    def act(self, number: int, chance: Random) -> None:
        """One request at a server that is up."""
        up = [server for server in self._servers.values() if server.raft is not None]
        if up:
            server = chance.choice(up)
            if chance.random() < 0.6:
                self.propose(number, server)
            else:
                self.read(number, server)

    def propose(self, number: int, server: Server) -> bytes:
        data = b"value %d" % number
        self._note(server.node, "is asked to write", data)
        self._checker.proposed(data, server.node, server.incarnation)
        server.propose(Proposal(NORMAL, data))
        return data

    def read(self, number: int, server: Server) -> None:
        self._note(server.node, "is asked to read, as number", number)
        self._checker.read_asked(number)
        server.read(number)
