"""Building blocks for the tests of the core: a server in any state, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from vard_http.raft import (
    CONFIGURATION,
    NOBODY,
    NORMAL,
    AnyMessage,
    Change,
    Configuration,
    ConfigurationData,
    Entry,
    HardState,
    Proposal,
    Raft,
    Ready,
    Recovered,
    Settings,
    SnapshotMeta,
    encode_data,
)
from vard_http.raft.messages import RequestVote, RequestVoteReply

M = TypeVar("M")

SETTINGS = Settings(heartbeat_interval=100, election_timeout=1000, initial_election_advance=False)
THREE = Configuration((1, 2, 3))


class Earliest:
    """Always the shortest wait."""

    def randrange(self, start: int, stop: int) -> int:
        return start


def entries(*terms: int, start: int = 1) -> list[Entry]:
    """Entries of these terms from index `start` on."""
    return [Entry(start + i, term, NORMAL, b"x") for i, term in enumerate(terms)]


def change_entry(index: int, term: int, configuration: Configuration) -> Entry:
    data = encode_data(ConfigurationData(configuration, Change("update", 1)))
    return Entry(index, term, CONFIGURATION, data)


def server(
    me: int = 1,
    configuration: Configuration = THREE,
    *,
    term: int = 0,
    vote: int = NOBODY,
    commit: int = 0,
    log: Sequence[Entry] = (),
    snapshot: SnapshotMeta | None = None,
    settings: Settings = SETTINGS,
    now: int = 0,
) -> Raft:
    """A server that has just started with this in its storage."""
    meta = snapshot or SnapshotMeta(0, 0, configuration)
    recovered = Recovered(HardState(term, vote, commit), meta, log)
    return Raft(me, recovered, settings, Earliest(), now)


def turn(raft: Raft) -> list[Ready]:
    """Carry out all that the server wants done."""
    done = []
    while (ready := raft.ready()) is not None:
        raft.persisted(ready)
        done.append(ready)
    return done


def said(raft: Raft) -> list[tuple[int, AnyMessage]]:
    """What the server sends in this turn, in order."""
    return [sent for ready in turn(raft) for sent in ready.appends + ready.messages]


def said_to(raft: Raft, target: int, kind: type[M]) -> list[M]:
    """The messages of one kind to one server in this turn."""
    return [m for to, m in said(raft) if to == target and isinstance(m, kind)]


def answer(raft: Raft, source: int, message: AnyMessage, kind: type[M]) -> M:
    """The one answer of this kind that the sender gets."""
    raft.step(source, message)
    (reply,) = said_to(raft, source, kind)
    return reply


def time_out(raft: Raft) -> None:
    """Let the election timer fire."""
    raft.tick(raft.deadline())


def elect(raft: Raft) -> None:
    """Make the server leader by the votes of all others; its messages so far are dropped."""
    time_out(raft)
    for _ in range(2):
        for to, m in said(raft):
            if isinstance(m, RequestVote):
                raft.step(to, RequestVoteReply(m.term, True, m.pre_vote))
    assert raft.is_leader


def leader(me: int = 1, configuration: Configuration = THREE, **state: Any) -> Raft:
    """A new leader that has sent its first entries and got no answer yet."""
    raft = server(me, configuration, **state)
    elect(raft)
    turn(raft)
    return raft


def propose(raft: Raft, *values: bytes) -> None:
    assert raft.propose([Proposal(NORMAL, value) for value in values])
