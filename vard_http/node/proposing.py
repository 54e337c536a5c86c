"""Proposals on their way to the log: this node's own, and those that other servers pass on."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import structlog

from vard_http.node.cluster import decode_reason
from vard_http.node.errors import NotLeader
from vard_http.node.membership import admissible
from vard_http.node.pending import Done, Pending, Waiting
from vard_http.raft import (
    CONFIGURATION,
    NORMAL,
    Change,
    Proposal,
    Propose,
    Raft,
    decode_change,
    encode_change,
)
from vard_http.store import Command, CommandError, decode, encode
from vard_http.transport import Transport

if TYPE_CHECKING:
    from vard_http.node.node import Node

log = structlog.get_logger("node")


def request_number(data: bytes) -> int:
    """The request number before a command."""
    return int.from_bytes(data[:8], "big")


def _can_be_applied(proposal: Proposal) -> bool:
    """Whether this is a command or a change: in the log, anything else would end every member."""
    try:
        if proposal.kind == NORMAL:
            decode(proposal.data[8:])
        else:
            decode_reason(decode_change(proposal.data).context)
    except (CommandError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return proposal.kind in (NORMAL, CONFIGURATION)


class Proposals:
    """What waits until there is a leader in reach to take it; times are time.monotonic() seconds.

    `patience` is how long proposals of others are kept through a change of leader: theirs is the
    time-out.
    """

    def __init__(
        self, node: Node, raft: Raft, transport: Transport, first_number: int, patience: float
    ) -> None:
        self.pending = Pending(node.me, first_number)
        self._node = node
        self._raft = raft
        self._transport = transport
        self._patience = patience
        self._own: list[Proposal] = []
        self._for_leader: list[Proposal] = []
        self._changes: list[Proposal] = []
        self._passed_on: deque[tuple[float, Propose]] = deque()

    def add(self, command: Command, done: Done, now: float) -> None:
        """A command of this node's clients."""
        number = self.pending.add(command, done, now)
        self._own.append(Proposal(NORMAL, number.to_bytes(8, "big") + encode(command)))

    def add_for_leader(self, command: Command, done: Done, now: float) -> None:
        """A command that no other server may be given: NotLeader means that it is not proposed."""
        number = self.pending.add(command, done, now)
        self._for_leader.append(Proposal(NORMAL, number.to_bytes(8, "big") + encode(command)))

    def add_change(self, change: Change) -> None:
        """A change of members; it is lost if there is no leader who can make it now."""
        self._changes.append(Proposal(CONFIGURATION, encode_change(change)))

    def receive(self, source: int, message: Propose, now: float) -> None:
        """Another server passes proposals on."""
        proposals = [proposal for proposal in message.proposals if _can_be_applied(proposal)]
        if len(proposals) < len(message.proposals):
            log.warning("a peer proposed what is no command", peer=f"{source:x}")
        message = Propose(tuple(self._admissible(proposals)))
        if self._raft.accepts_proposals:
            self._raft.step(source, message)
        else:
            self._passed_on.append((now, message))

    def offer(self, now: float) -> None:
        """Give the core what it takes."""
        waiting = self._passed_on
        while waiting and now - waiting[0][0] > self._patience:
            waiting.popleft()
        in_reach = self._leader_in_reach
        while waiting and in_reach:
            self._raft.step(self._node.me, waiting.popleft()[1])
        if self._own and in_reach and self._raft.propose(self._own):
            self._own = []
        if self._for_leader:
            self._offer_to_leader()
        if self._changes:
            if in_reach:
                self._raft.propose(self._admissible(self._changes))
            self._changes = []

    def _offer_to_leader(self) -> None:
        proposals, self._for_leader = self._for_leader, []
        if self._raft.is_leader and self._raft.propose(proposals):
            return
        for proposal in proposals:
            waiting = self.pending.take(request_number(proposal.data))
            if waiting is not None:
                self._node.answer(waiting.done, NotLeader())

    @property
    def can_be_offered(self) -> bool:
        """Whether something waits that the core would take now."""
        return bool(self._own or self._passed_on) and self._leader_in_reach

    def overdue(self, before: float) -> list[Waiting]:
        """Take those that started before the given time: nobody waits for them any more."""
        late = list(self.pending.overdue(before))
        if late:
            self._own = [p for p in self._own if request_number(p.data) in self.pending]
        return late

    @property
    def _leader_in_reach(self) -> bool:
        """Whether proposals can be passed on; those sent towards a dead leader would be lost."""
        leader = self._raft.leader_id
        return self._raft.accepts_proposals and (
            leader == self._node.me or self._transport.active_since(leader) is not None
        )

    def _admissible(self, proposals: Sequence[Proposal]) -> Sequence[Proposal]:
        """What a leader may append of what was proposed; others leave that to the leader."""
        if not self._raft.is_leader or all(p.kind == NORMAL for p in proposals):
            return proposals
        changed_at = None if self._raft.change_pending else self._node.cluster.changed_at
        return admissible(proposals, changed_at)
