"""Clients of vard's protocol: each has a key of its own, so each must see a lonely register.

A caller that is not told what became of a request sends it again, with its number; one that is told
NotLeader of the only copy of it never does. Whatever breaks in between, every answer has to be that
of requests carried out once each, in the order of their numbers.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from tests.simulation.checker import require
from vard_http.store import Output
from vard_http.vardwire.codec import Request, not_leader, response

if TYPE_CHECKING:
    from tests.simulation.nodes.clients import Answer, Clients, Done
    from tests.simulation.nodes.host import Host, Process
    from tests.simulation.nodes.world import World

HANGS_UP: Final = 0.07
"""How probably a caller that still waits asks somebody else."""

ASKS_A_LEADER: Final = 0.7
"""How probably a caller knows one of those who believe to lead."""


class Call(msgspec.Struct, eq=False):
    """One copy of a request on its way; `only` if there is no other, `frame` is its answer."""

    request: Request
    only: bool
    frame: bytes | None = None


class Caller:
    """One client id, and what it must be told."""

    def __init__(self, name: str, clients: Clients, world: World) -> None:
        self._name = name
        self._client = name.encode().ljust(16)
        self._key = name.encode()
        self._clients = clients
        self._world = world
        self._value: bytes | None = None
        self._number = 0
        self._request: Request | None = None
        self._unsure = False
        self._call: Call | None = None

    def act(self, number: int, chance: Random) -> None:
        """Go on from where it stands, at any host."""
        if self._call is not None:
            if chance.random() >= HANGS_UP:
                return
            self._hang_up()
        host = self._somebody(chance)
        if host is None:
            return
        if self._request is None:
            self._number += 1
            self._request = self._next(chance)
        request = self._request
        if self._unsure:
            self._world.schedule.count("vard request repeated")
        call = self._call = Call(request, only=not self._unsure)

        def start(process: Process, done: Done) -> None:
            def reply(frame: bytes | None) -> None:
                call.frame = frame
                done(None)

            if not process.failed:  # a follower could still say NotLeader, which promises nothing
                process.requests.ask(self._client, request, reply)

        self._clients.send(
            host,
            f"is asked by {self._name} to {request.operation} ({request.number})",
            start,
            lambda answer: self._heard(call, answer),
            lambda: self._lost(call),
        )

    def _somebody(self, chance: Random) -> Host | None:
        leaders = [host for host in self._world.up() if host.node and host.node.is_leader]
        if leaders and chance.random() < ASKS_A_LEADER:
            return chance.choice(leaders)
        return self._world.someone(chance)

    def _next(self, chance: Random) -> Request:
        new = b"%bx%d" % (self._key, self._number)
        expected = self._value if chance.random() < 0.8 else b"other"
        match chance.choice(("get", "put", "del", "cas", "cas", "cad")):
            case "put":
                return Request(self._number, "put", self._key, new)
            case "del":
                return Request(self._number, "del", self._key)
            case "cas":
                return Request(self._number, "cas", self._key, new, expected)
            case "cad":
                return Request(self._number, "cad", self._key, expected=expected or b"other")
            case _:
                return Request(self._number, "get", self._key)

    def _heard(self, call: Call, _: Answer) -> None:
        if call is not self._call:
            return
        self._call = None
        request, frame = call.request, call.frame
        if frame is None:
            self._unsure = True
        elif frame == not_leader(request.number):
            if call.only:
                self._request = None
        else:
            value = _after(request, self._value)
            expected = response(request.number, Output(self._key, value, self._value))
            require(frame == expected, "vard_once", f"{self._name}: {frame!r}, not {expected!r}")
            self._value, self._request, self._unsure = value, None, False
            self._world.schedule.count("vard request answered")

    def _lost(self, call: Call) -> None:
        if call is self._call:
            self._hang_up()

    def _hang_up(self) -> None:
        """From here on copies of the request may be anywhere."""
        self._call = None
        self._unsure = True


def _after(request: Request, value: bytes | None) -> bytes | None:
    """VarD.v `operate`, for one key."""
    match request.operation:
        case "put":
            return request.value
        case "del":
            return None
        case "cas" if value == request.expected:
            return request.value
        case "cad" if value == request.expected:
            return None
    return value
