"""Changes of members that this node's clients ask for: from the request to its end."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Final

import structlog

from vard_http.config.identity import format_id, member_id
from vard_http.node.cluster import (
    Member,
    Reason,
    count_lookups,
    decode_reason,
    encode_reason,
)
from vard_http.node.membership import MembershipError, check_add, check_remove, validate
from vard_http.raft import Change, Operation
from vard_http.store import StoreError

if TYPE_CHECKING:
    from vard_http.node.node import Node

log = structlog.get_logger("membership")

HEALTH_SECONDS: Final = 5.0
"""For how long a member must have been connected to count as healthy (etcd's HealthInterval)."""

RETRY_SECONDS: Final = 0.2


class Reconfiguration:
    """Adding, removing and updating members, whoever leads.

    A change is validated against the members as they stand after all that was acknowledged
    before, and proposed on that basis. The leader drops it if the members have changed meanwhile,
    or if another change is on its way: then it is validated and proposed again.

    All raise MembershipError: MemberConflict, MemberRemoved, MemberUnknown, or else if the guard
    (contract 13.2, step 3) refuses or no answer came in time.
    """

    def __init__(self, node: Node, *, strict: bool) -> None:
        self._node = node
        self._strict = strict
        self._waiting: dict[int, asyncio.Future[None]] = {}

    async def add(self, peer_urls: tuple[str, ...]) -> Member:
        """A new member, which has not started yet.

        It becomes a learner, whom no quorum counts, so that the members there are can commit that;
        the leader then makes it a voter at once (as in etcd's v2 API).
        """
        clock = self._node.clock
        added = Member(member_id(peer_urls, str(clock.time_ns() // 1_000_000_000)), peer_urls)
        if self._strict:
            check_add(self._node.cluster, self._connected)
        await self._change("learn", added.id, peer_urls)
        return added

    async def remove(self, member: int) -> None:
        """Remove a member for ever; it may be this one."""
        if self._strict:
            reachable = member == self._node.me or self._node.active_since(member) is not None
            check_remove(self._node.cluster, member, self._connected, reachable=reachable)
        await self._change("remove", member, ())

    async def update(self, member: int, peer_urls: tuple[str, ...]) -> None:
        """Give a member other peer URLs."""
        await self._change("update", member, peer_urls)

    def applied(self, change: Change) -> None:
        """A change was applied; its requester may be waiting here."""
        if not change.context:
            return
        waiting = self._waiting.get(decode_reason(change.context).number)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def overtaken(self) -> None:
        """A snapshot has come: nobody knows any more which changes are in it."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(MembershipError("etcdserver: overtaken by a snapshot"))

    def _connected(self, member: int) -> bool:
        if member == self._node.me:
            return True
        since = self._node.active_since(member)
        return since is not None and self._node.clock.monotonic() - since > HEALTH_SECONDS

    async def _change(self, operation: Operation, member: int, peer_urls: tuple[str, ...]) -> None:
        """Have a change made and applied here."""
        number = random.getrandbits(63) + 1
        applied = self._waiting[number] = asyncio.get_running_loop().create_future()
        node = self._node
        try:
            async with asyncio.timeout(node.settings.request_timeout):
                await self._catch_up()
                while not applied.done():
                    reason = Reason(peer_urls, node.cluster.changed_at, number)
                    change = Change(operation, member, encode_reason(reason))
                    self._validate(change)
                    node.propose_change(change)
                    await asyncio.wait((applied,), timeout=RETRY_SECONDS)
                applied.result()
        except TimeoutError:
            raise MembershipError("etcdserver: request timed out") from None
        finally:
            applied.cancel()
            del self._waiting[number]
        log.info("applied a change of members", change=operation, member=format_id(member))

    def _validate(self, change: Change) -> None:
        try:
            validate(self._node.cluster, change)
        except MembershipError:
            count_lookups(self._node.store)
            raise

    async def _catch_up(self) -> None:
        """Wait until all that was acknowledged anywhere is applied here."""
        caught_up: asyncio.Future[StoreError | None] = asyncio.get_running_loop().create_future()

        def done(error: StoreError | None) -> None:
            if not caught_up.done():
                caught_up.set_result(error)

        self._node.read(done)
        error = await caught_up
        if error is not None:
            raise MembershipError(error.cause.decode())
