"""What becomes of a request: the leader has it applied once, others say that they do not lead."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from vard_http.auth import GUEST, Accounts, allows
from vard_http.node import Node, NotLeader, Outcome
from vard_http.raft import NOBODY
from vard_http.store import ClientRequest, Set, StoreError
from vard_http.vardwire.codec import Request, error, not_leader, response

Reply = Callable[[bytes | None], None]
"""Takes the answer's frame; empty: there is none; None: what became of the request is unknown."""

_UNAUTHORIZED: Final = b"it requires user authentication"
_NO_SPACE: Final = b"there is no space left"


class Waiting(msgspec.Struct, eq=False):
    """A request that is on its way through the log."""

    client: bytes
    number: int
    reply: Reply


class Requests:
    """Carries out what clients ask of `node`."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._accounts = Accounts(node.store)
        self._waiting: set[Waiting] = set()
        node.leader_observers.append(self._leader_changed)

    def ask(self, client: bytes, request: Request, reply: Reply) -> None:
        """Call `reply` once, at once or later."""
        node = self._node
        if not node.is_leader:
            reply(not_leader(request.number))
            return
        command = ClientRequest(
            node.clock.time_ns(),
            client,
            request.number,
            request.operation,
            request.key,
            request.value,
            request.expected,
        )
        reason = self._refusal(request, command)
        if reason:
            reply(error(request.number, request.key, reason))
            return
        waiting = Waiting(client, request.number, reply)
        self._waiting.add(waiting)
        node.propose_as_leader(command, functools.partial(self._done, waiting))

    def _refusal(self, request: Request, command: ClientRequest) -> bytes:
        """Why nothing is proposed; empty if there is no reason."""
        store = self._node.store
        if store.auth_enabled():
            guest = self._accounts.role(GUEST)
            key = command.path[2:] or b"/"
            if guest is None or not allows(guest, key, write=request.writes, recursive=False):
                return _UNAUTHORIZED
        if request.value and self._node.quota.refuses(
            Set(command.now, command.path, request.value)
        ):
            return _NO_SPACE
        return b""

    def _done(self, waiting: Waiting, outcome: Outcome) -> None:
        if isinstance(outcome, NotLeader):
            self._settle(waiting, not_leader(waiting.number))
        elif isinstance(outcome, StoreError):
            self._settle(waiting, None)
        else:
            self._settle_from_cache(waiting)

    def _settle_from_cache(self, waiting: Waiting) -> None:
        """Answer with what the replicated cache says; a request that is not there was lost."""
        last = self._node.store.clients.last(waiting.client)
        if last is None or last.number < waiting.number:
            self._settle(waiting, not_leader(waiting.number))
        elif last.number == waiting.number:
            self._settle(waiting, response(last.number, last.output))
        else:
            self._settle(waiting, b"")

    def _settle(self, waiting: Waiting, frame: bytes | None) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            waiting.reply(frame)

    def _leader_changed(self) -> None:
        """Find out which of the requests in this node's log were lost with its leadership.

        Once a linearizable read is possible, all entries of earlier terms that still are in the log
        are applied, and those that are not there never will be.
        """
        node = self._node
        if node.leader not in (NOBODY, node.me) and self._waiting:
            node.read(functools.partial(self._overtaken, list(self._waiting)))

    def _overtaken(self, waiting: Iterable[Waiting], failure: StoreError | None) -> None:
        if failure is None:
            for each in waiting:
                self._settle_from_cache(each)
