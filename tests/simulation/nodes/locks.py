"""A lock as etcd's users make it: create the key with a token of one's own, swap nothing, compare
and delete it. Nobody may hold it twice."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final, Literal

from tests.simulation.checker import require
from tests.simulation.nodes.register import Input, Output

if TYPE_CHECKING:
    from tests.simulation.nodes.clients import Clients
    from tests.simulation.nodes.world import World

LOCK: Final = b"/1/lock"

State = Literal["idle", "busy", "unsure", "holding"]


class Lock:
    """Who knows to hold it: from the answer that says so until the release is asked for."""

    def __init__(self) -> None:
        self.holder = b""

    def took(self, token: bytes) -> None:
        require(not self.holder, "lock_held_once", f"{token!r} has it, and {self.holder!r}")
        self.holder = token

    def gives_up(self, token: bytes) -> None:
        if self.holder == token:
            self.holder = b""


class Contender:
    """Takes the lock and gives it back, again and again; each time with a new token."""

    def __init__(self, name: str, lock: Lock, clients: Clients, world: World) -> None:
        self._name = name
        self._lock = lock
        self._clients = clients
        self._world = world
        self._state: State = "idle"
        self._token = b""
        self._releasing = False

    def act(self, number: int, chance: Random) -> None:
        """Go on from where it stands, at any host."""
        host = self._world.someone(chance)
        if host is None or self._state == "busy":
            return
        match self._state:
            case "idle":
                self._token = f"{self._name}-{number}".encode()
                self._releasing = False
                asked = Input("create", self._token)
            case "holding":
                self._lock.gives_up(self._token)
                self._releasing = True
                asked = Input("compare and delete", expected=self._token)
            case _:
                asked = Input("read")
        self._state = "busy"
        self._clients.ask(host, LOCK, asked, lambda output: self._heard(asked, output))

    def _heard(self, asked: Input, output: Output | None) -> None:
        if output is None:
            self._state = "unsure"
        elif asked.kind == "create":
            self._decide(output[0] == "done")
        elif asked.kind == "compare and delete":
            self._state = "idle"
        else:
            self._decide(output == ("done", self._token))

    def _decide(self, holds: bool) -> None:
        if holds and not self._releasing:
            self._lock.took(self._token)
            self._world.schedule.count("lock taken")
        self._state = "holding" if holds else "idle"
