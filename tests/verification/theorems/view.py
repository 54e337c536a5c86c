"""What the theorems see of a cluster: one `View` is all its servers and messages at one moment.

Verdi calls this a `network`. Whoever plays a cluster (the replay of recorded traces, the simulator,
the model checker) builds Views; the theorems know nothing of how the cluster is made. Everything
here is immutable and hashable, nodes are any integers, "nobody" is None, and terms and indexes
count from 1.

Raft.v stores each step at once, production code does not. So a `Server` shows its memory, and
beside it what of that is `durable`. Three rules for those who build Views of production servers:

- A server that is down is shown as it would come back: a follower with its durable term, vote, log
  and snapshot. `incarnation` counts its starts; within one incarnation nothing goes backward.
- `entries` are the server's own entry objects, if they have `index` and `term` and compare by
  value; they need not be copied into `Entry`, which adds what the theorems of outputs need.
- `in_flight` holds what was sent and may still arrive; a message that is lost may stay in it.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Protocol

from msgspec import Struct


class AnyEntry(Hashable, Protocol):
    """A log entry as far as the theorems of logs look into it; equality is by value."""

    @property
    def index(self) -> int: ...
    @property
    def term(self) -> int: ...


class Entry(Struct, frozen=True):
    """Raft.v `entry`; `payload` is the client's input. `client` and `id` name the request."""

    index: int
    term: int
    client: str
    id: int
    payload: Hashable


class Log(Struct, frozen=True):
    """Entries oldest first, after the position (`start_index`, `start_term`), which is (0, 0) for a
    whole log and the last position that was compacted otherwise."""

    entries: tuple[AnyEntry, ...] = ()
    start_index: int = 0
    start_term: int = 0

    @property
    def last_index(self) -> int:
        """Raft.v `maxIndex`."""
        return self.entries[-1].index if self.entries else self.start_index

    @property
    def last_term(self) -> int:
        """Raft.v `maxTerm`."""
        return self.entries[-1].term if self.entries else self.start_term

    def at(self, index: int) -> AnyEntry | None:
        """Raft.v `findAtIndex`; for logs without gaps, which LogMatching demands."""
        position = index - self.start_index - 1
        return self.entries[position] if 0 <= position < len(self.entries) else None

    def term_at(self, index: int) -> int | None:
        """The term of a position, None where it is not known any more or not yet."""
        if index == self.start_index:
            return self.start_term
        entry = self.at(index)
        return None if entry is None else entry.term

    def before(self, index: int) -> Log:
        """The part of it up to and with `index`."""
        kept = max(0, index - self.start_index)
        return Log(self.entries[:kept], self.start_index, self.start_term)


class Configuration(Struct, frozen=True):
    """Who votes, and who only listens."""

    voters: frozenset[int]
    learners: frozenset[int] = frozenset()

    def is_quorum(self, nodes: frozenset[int]) -> bool:
        """Raft.v `wonElection`: more than half of the voters are among `nodes`."""
        return 2 * len(self.voters & nodes) > len(self.voters)

    def overlaps(self, other: Configuration) -> bool:
        """Whether each quorum of this one shares a voter with each quorum of the other."""
        shared = len(self.voters & other.voters)
        needed = len(self.voters) // 2 + 1 - len(self.voters - other.voters)
        needed_there = len(other.voters) // 2 + 1 - len(other.voters - self.voters)
        return max(0, needed) + max(0, needed_there) > shared


class Snapshot(Struct, frozen=True):
    """The position that the latest durable snapshot covers; index 0 if there is none.

    `state` is a digest of the state it holds: anything that is equal for equal states only, made
    the same way as `Server.state`. None leaves it out of the comparison.
    """

    index: int = 0
    term: int = 0
    state: Hashable = None


class Durable(Struct, frozen=True):
    """What a crash at this moment would leave: term and vote, and the log up to `last_index`."""

    term: int
    voted_for: int | None
    last_index: int


class Role(Enum):
    """Raft.v `serverType`, and the pre-candidate of thesis 9.6."""

    FOLLOWER = "Follower"
    PRE_CANDIDATE = "PreCandidate"
    CANDIDATE = "Candidate"
    LEADER = "Leader"


class Ghost(Struct, frozen=True):
    """What proofs remember and no server does: RaftRefinementInterface.v `electionsData`.

    Votes and entries count from the moment they are durable, or a later term is: until then they
    are `pending`. `ghosts.advance` keeps it.

    votes: (term, candidate) of each vote given.
    votes_with_log: the same with the voter's log at that moment.
    cronies: (term, voter) of each vote received as candidate or leader of that term.
    leader_logs: (term, log) of each election won; the log is that from before it.
    victories: Raft.v `electoralVictories`, (term, voters, configuration).
    led_with: (term, index, configuration) of each configuration in force while leading.
    all_entries: (term, entry) of each entry, and the server's term when it took the entry.
    """

    votes: frozenset[tuple[int, int]] = frozenset()
    votes_with_log: tuple[tuple[int, int, Log], ...] = ()
    cronies: frozenset[tuple[int, int]] = frozenset()
    leader_logs: tuple[tuple[int, Log], ...] = ()
    victories: tuple[tuple[int, frozenset[int], Configuration], ...] = ()
    led_with: frozenset[tuple[int, int, Configuration]] = frozenset()
    all_entries: frozenset[tuple[int, AnyEntry]] = frozenset()
    pending: frozenset[tuple[int, AnyEntry]] = frozenset()
    pending_votes: frozenset[tuple[int, int]] = frozenset()


class Server(Struct, frozen=True):
    """One server (Raft.v `raft_data`).

    votes_received: who voted, or said that they would, in this campaign; None if the server does
        not remember (production leaders do not).
    configurations: (index, configuration) of all that its log and snapshot hold, oldest first; the
        first is that of the log's start, the last is in force. Never empty.
    leader: whom it believes to lead `term`.
    state: digest of the state machine after `last_applied` entries; None if there is none to see.
    durable: None if all of it is durable, as in Raft.v.
    """

    node: int
    term: int
    voted_for: int | None
    role: Role
    log: Log
    commit_index: int
    last_applied: int
    configurations: tuple[tuple[int, Configuration], ...]
    votes_received: frozenset[int] | None = frozenset()
    leader: int | None = None
    snapshot: Snapshot = Snapshot()
    state: Hashable = None
    durable: Durable | None = None
    incarnation: int = 0

    @property
    def configuration(self) -> Configuration:
        """The one in force, committed or not (thesis 4.1)."""
        return self.configurations[-1][1]

    @property
    def stored(self) -> Durable:
        """What is durable, spelled out."""
        return self.durable or Durable(self.term, self.voted_for, self.log.last_index)


class RequestVote(Struct, frozen=True):
    """Raft.v `RequestVote`; with `pre_vote` only a question (thesis 9.6)."""

    term: int
    candidate: int
    last_index: int
    last_term: int
    pre_vote: bool = False


class RequestVoteReply(Struct, frozen=True):
    """Raft.v `RequestVoteReply`."""

    term: int
    granted: bool
    pre_vote: bool = False


class AppendEntries(Struct, frozen=True):
    """Raft.v `AppendEntries`, entries oldest first."""

    term: int
    leader: int
    prev_index: int
    prev_term: int
    entries: tuple[AnyEntry, ...]
    commit_index: int


class AppendEntriesReply(Struct, frozen=True):
    """Raft.v `AppendEntriesReply`; if `success`, the sender has the leader's log up to `index`."""

    term: int
    success: bool
    index: int


class InstallSnapshot(Struct, frozen=True):
    """A part of a snapshot that covers the position (`index`, `index_term`)."""

    term: int
    leader: int
    index: int
    index_term: int


Message = RequestVote | RequestVoteReply | AppendEntries | AppendEntriesReply | InstallSnapshot


class Packet(Struct, frozen=True):
    """A message under way. Kinds that `Message` does not name are left out of Views."""

    source: int
    target: int
    message: Message


class View(Struct, frozen=True):
    """A cluster at one moment, in the order of node ids. `ghosts` are in the order of `servers`.

    `applied` is the history of the replicated state, whatever became of those who applied it: the
    entry that was first applied at each index, from 1 on, and `states` the digest after each.
    """

    servers: tuple[Server, ...]
    ghosts: tuple[Ghost, ...]
    in_flight: tuple[Packet, ...] = ()
    applied: tuple[AnyEntry, ...] = ()
    states: tuple[Hashable, ...] = ()

    def ghost(self, node: int) -> Ghost:
        """Of the server with this id; an empty one if there is no such server."""
        for server, ghost in zip(self.servers, self.ghosts, strict=True):
            if server.node == node:
                return ghost
        return Ghost()

    def voters_for(self, term: int, candidate: int) -> frozenset[int]:
        """Who has durably voted for `candidate` in `term`."""
        pairs = zip(self.servers, self.ghosts, strict=True)
        return frozenset(server.node for server, g in pairs if (term, candidate) in g.votes)
