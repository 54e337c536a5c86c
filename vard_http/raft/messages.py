"""What servers store and say to one another: entries, hard state, and the messages of Raft.

Node ids are unsigned 64-bit integers; 0 stands for "nobody". Terms and indexes count from 1; index
0 is the empty log. The sender of a message is known from its connection and is handed to the core
beside it, as Raft.v's `handleMessage src me msg` has it.
"""

from __future__ import annotations

from typing import Final

import msgspec

NORMAL: Final = 0
CONFIGURATION: Final = 1
NOOP: Final = 2

NOBODY: Final = 0


class Configuration(msgspec.Struct, array_like=True, frozen=True):
    """The servers of a cluster; both tuples ascend and share no id (thesis 4.1, 4.2.1)."""

    voters: tuple[int, ...]
    learners: tuple[int, ...] = ()


class Entry(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One log entry (Raft.v `entry`): `data` is opaque here unless `kind` is CONFIGURATION."""

    index: int
    term: int
    kind: int
    data: bytes


class HardState(msgspec.Struct, array_like=True, frozen=True):
    """What a server must remember across a crash beside its log.

    `commit` may lag behind what the server knew: it is a hint that saves replay, not a promise.
    """

    term: int = 0
    vote: int = NOBODY
    commit: int = 0


class SnapshotMeta(msgspec.Struct, array_like=True, frozen=True):
    """The position a snapshot covers, and the configuration at that position (thesis 5.1)."""

    index: int
    term: int
    configuration: Configuration


class Message(msgspec.Struct, array_like=True, frozen=True, tag=True):
    """Anything one server says to another."""


class RequestVote(Message, frozen=True, tag="V"):
    """Raft.v `RequestVote`; `pre_vote` asks only whether the vote would be given (thesis 9.6).

    `transfer` says that the leader itself asked for this election (thesis 3.10): voters then do not
    wait for its lease to run out.
    """

    term: int
    last_log_index: int
    last_log_term: int
    pre_vote: bool = False
    transfer: bool = False


class RequestVoteReply(Message, frozen=True, tag="v"):
    """Raft.v `RequestVoteReply`. `term` is that of the request if granted, else the voter's own."""

    term: int
    vote_granted: bool
    pre_vote: bool = False


class AppendEntries(Message, frozen=True, tag="A"):
    """Raft.v `AppendEntries`, entries oldest first; without entries it is a heartbeat or a probe.

    `read_round` numbers the leader's latest round of ReadIndex (thesis 6.4).
    """

    term: int
    prev_log_index: int
    prev_log_term: int
    entries: tuple[Entry, ...]
    leader_commit: int
    read_round: int = 0


class AppendEntriesReply(Message, frozen=True, tag="a"):
    """Raft.v `AppendEntriesReply` with positions in place of the echoed entries.

    If `success`, the follower's log is durable and equal to the leader's up to `index`. If not,
    `index` is the refused `prev_log_index`, and no entry after `hint_index`, whose term in the
    follower's log is `hint_term`, can match (thesis 3.5, conflict hints).
    """

    term: int
    success: bool
    index: int
    hint_index: int = 0
    hint_term: int = 0
    read_round: int = 0


class CommitIndex(Message, frozen=True, tag="C"):
    """The leader tells what is committed of what the follower is known to hold; no answer."""

    term: int
    commit: int


class InstallSnapshot(Message, frozen=True, tag="S"):
    """One chunk of a snapshot, numbered from 0 (thesis 5.3). The node fills in `data`."""

    term: int
    meta: SnapshotMeta
    chunk: int
    data: bytes
    last: bool


class InstallSnapshotReply(Message, frozen=True, tag="s"):
    """The number of the chunk that the follower wants next of the snapshot at `index`."""

    term: int
    index: int
    next_chunk: int


class TimeoutNow(Message, frozen=True, tag="T"):
    """The leader asks this follower to start an election at once (thesis 3.10)."""

    term: int


class Proposal(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a client wants in the log; for CONFIGURATION, `data` is an encoded `Change`."""

    kind: int
    data: bytes


class Propose(Message, frozen=True, tag="P"):
    """A follower passes proposals on to the leader."""

    proposals: tuple[Proposal, ...]


class ReadIndex(Message, frozen=True, tag="R"):
    """A follower asks from which index on a read is linearizable; `context` is its own number."""

    context: int


class ReadIndexReply(Message, frozen=True, tag="r"):
    """The answer to a follower's ReadIndex."""

    context: int
    index: int


AnyMessage = (
    RequestVote
    | RequestVoteReply
    | AppendEntries
    | AppendEntriesReply
    | CommitIndex
    | InstallSnapshot
    | InstallSnapshotReply
    | TimeoutNow
    | Propose
    | ReadIndex
    | ReadIndexReply
)


class ReadState(msgspec.Struct, frozen=True):
    """A local read with this `context` may be served once `index` is applied."""

    context: int
    index: int


class Chunk(msgspec.Struct, frozen=True):
    """A received piece of a snapshot, to be stored; with `last` the snapshot is whole."""

    meta: SnapshotMeta
    number: int
    data: bytes
    last: bool


class Ready(msgspec.Struct):
    """What the core wants done, in this order (thesis 10.2.1 for the first).

    1. send `appends`: a leader may replicate before its own write is durable;
    2. make durable: `chunk` and, if it is the last of its snapshot, install that; then `entries`
       (they replace all from the first one's index on) together with `hard_state`;
    3. tell the core with `Raft.persisted`;
    4. send `messages`, which promise what step 2 made durable;
    5. apply `committed`, serve `reads`.
    """

    appends: list[tuple[int, AnyMessage]]
    chunk: Chunk | None
    hard_state: HardState | None
    entries: list[Entry]
    messages: list[tuple[int, AnyMessage]]
    committed: list[Entry]
    reads: list[ReadState]
