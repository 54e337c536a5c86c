"""A server's state and its role changes; the handlers in the neighbouring modules act on it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final, Protocol

import msgspec

from vard_http.raft.log import Log
from vard_http.raft.messages import (
    NOBODY,
    NOOP,
    AnyMessage,
    Chunk,
    Configuration,
    Entry,
    HardState,
    ReadState,
    SnapshotMeta,
)
from vard_http.raft.progress import Progress
from vard_http.raft.reads import Reads

NEVER: Final = 1 << 62
"""A deadline that does not come."""


class Role(Enum):
    """Raft.v `serverType`, and the pre-candidate of thesis 9.6."""

    FOLLOWER = "Follower"
    PRE_CANDIDATE = "PreCandidate"
    CANDIDATE = "Candidate"
    LEADER = "Leader"


class Chance(Protocol):
    """A source of randomness, so that the core itself has none."""

    def randrange(self, start: int, stop: int) -> int: ...


class Settings(msgspec.Struct, frozen=True):
    """Times are milliseconds; bytes count entry data.

    `notice_delay` is how long a follower whose clients do not wait for it may go without being told
    that entries are committed, in the hope that the next entries will tell it.
    """

    heartbeat_interval: int = 100
    election_timeout: int = 1000
    pre_vote: bool = True
    notice_delay: int = 2
    initial_election_advance: bool = True
    max_append_bytes: int = 1 << 20


class Recovered(msgspec.Struct):
    """What storage held at start: the durable part of a server."""

    hard_state: HardState
    snapshot: SnapshotMeta
    entries: Sequence[Entry] = ()


class State:
    """Raft.v `raft_data`, and what the departures listed in docs/raft.md add to it."""

    def __init__(
        self, me: int, recovered: Recovered, settings: Settings, chance: Chance, now: int
    ) -> None:
        self.me = me
        self.settings = settings
        self.chance = chance
        self.now = now

        self.current_term = recovered.hard_state.term
        self.voted_for = recovered.hard_state.vote
        self.log = Log(recovered.snapshot, recovered.entries)
        self.snapshot = recovered.snapshot
        self.last_applied = recovered.snapshot.index
        self.commit_index = max(recovered.hard_state.commit, recovered.snapshot.index)
        assert self.commit_index <= self.log.last_index

        self.role = Role.FOLLOWER
        self.leader_id = NOBODY
        self.leader_contact = now
        self.votes_received: set[int] = set()
        self.progress: dict[int, Progress] = {}
        self.reads = Reads()
        self.receiving: tuple[int, SnapshotMeta, int] | None = None
        self.transferee = NOBODY
        self.transfer_deadline = 0

        self.durable_term_vote = (self.current_term, self.voted_for)
        self.durable_commit = self.commit_index
        self.messages: list[tuple[int, AnyMessage]] = []
        self.read_states: list[ReadState] = []
        self.chunk: Chunk | None = None

        self.election_deadline = 0
        self.heartbeat_deadline = 0
        self.notice_deadline = NEVER
        self.notice_due = False
        self.reset_election_deadline()
        self.advance_first_election()

    @property
    def configuration(self) -> Configuration:
        return self.log.configuration

    @property
    def is_leader(self) -> bool:
        return self.role is Role.LEADER

    @property
    def promotable(self) -> bool:
        """Whether this server may stand for election.

        Until the entry that removes it is committed it may be the only one whose log is long enough
        to lead; its own vote does not count then (thesis 4.2.2).
        """
        log = self.log
        if self.me in log.configuration.voters:
            return True
        changed_at = log.configuration_index
        return (
            changed_at > self.commit_index
            and self.me in log.configuration_at(changed_at - 1).voters
        )

    def peers(self) -> list[int]:
        """All other servers, learners included."""
        both = self.configuration.voters + self.configuration.learners
        return [node for node in both if node != self.me]

    def send(self, to: int, message: AnyMessage) -> None:
        """Queue a message that may leave once everything before it is durable."""
        self.messages.append((to, message))

    def reset_election_deadline(self) -> None:
        """Wait 1.1 to 1.7 election timeouts.

        The lower end lies above the lease that voters grant their leader, so that the first
        candidate is not refused for being a millisecond early; the upper end keeps the time without
        a leader below two timeouts.
        """
        timeout = self.settings.election_timeout
        wait = self.chance.randrange(timeout + timeout // 10, timeout + timeout * 7 // 10)
        self.election_deadline = self.now + wait

    def advance_first_election(self) -> None:
        """Do not wait a whole timeout after a start: a living leader shows within two heartbeats,
        and pre-vote keeps us from disturbing one. Alone, there is nobody to wait for."""
        settings = self.settings
        if self.configuration.voters == (self.me,):
            self.election_deadline = self.now
        elif settings.initial_election_advance:
            advance = settings.election_timeout - 2 * settings.heartbeat_interval
            self.election_deadline -= max(0, advance)

    def retry_election_soon(self) -> None:
        """A candidate that failed tries again after a quarter to half a timeout."""
        timeout = self.settings.election_timeout
        self.election_deadline = self.now + self.chance.randrange(timeout // 4, timeout // 2 + 1)

    def lease_holds(self) -> bool:
        """Whether this server has heard from a leader within the minimum election timeout.

        It then votes for nobody else (thesis 4.2.3; Raft.v refuses while `leaderId` is known).
        """
        if self.is_leader:
            return True
        age = self.now - self.leader_contact
        return self.leader_id != NOBODY and age < self.settings.election_timeout

    def become_follower(self, term: int, leader: int) -> None:
        """Raft.v `advanceCurrentTerm` if the term is new; the vote stands within a term."""
        if term > self.current_term:
            self.current_term = term
            self.voted_for = NOBODY
        if leader != NOBODY or self.role is not Role.FOLLOWER:
            # Only a leader's word or a change of role restarts the clock: other traffic must not
            # keep a follower from noticing that its leader is gone.
            self.reset_election_deadline()
        self.role = Role.FOLLOWER
        self.leader_id = leader
        self.votes_received = set()
        self.progress = {}
        self.transferee = NOBODY
        self.reads.clear()

    def become_pre_candidate(self) -> None:
        self.role = Role.PRE_CANDIDATE
        self.leader_id = NOBODY
        self.votes_received = {self.me}
        self.retry_election_soon()

    def become_candidate(self) -> None:
        """Raft.v `tryToBecomeLeader`."""
        self.role = Role.CANDIDATE
        self.current_term += 1
        self.voted_for = self.me
        self.leader_id = NOBODY
        self.votes_received = {self.me}
        self.retry_election_soon()

    def become_leader(self) -> None:
        """Start a leader's term with a no-op, so that earlier entries can commit (thesis 6.4)."""
        self.role = Role.LEADER
        self.leader_id = self.me
        self.votes_received = set()
        self.reads.clear()
        self.receiving = None
        self.progress = {}
        self.refresh_progress()
        self.append_own(NOOP, b"")
        self.heartbeat_deadline = self.now + self.settings.heartbeat_interval
        self.notice_deadline = NEVER

    def append_own(self, kind: int, data: bytes) -> int:
        """Append an entry as leader; returns its index."""
        index = self.log.last_index + 1
        self.log.append((Entry(index, self.current_term, kind, data),))
        return index

    def refresh_progress(self) -> None:
        """Follow a change of configuration: new servers start as probes, removed ones go."""
        peers = self.peers()
        for node in peers:
            if node not in self.progress:
                self.progress[node] = Progress(self.log.last_index + 1, self.now)
        for node in self.progress.keys() - set(peers):
            del self.progress[node]
