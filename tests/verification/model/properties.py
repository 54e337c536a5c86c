"""What must hold in every state, named as Verdi and the simulation name it.

Those of one server are checked within its step; those of the cluster from the facts that a step
reports, and between pairs of logs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from vard_http.raft import AnyMessage, Configuration, Entry, Raft
from vard_http.raft.configuration import is_quorum
from vard_http.raft.log import Log
from vard_http.raft.messages import (
    NOBODY,
    AppendEntriesReply,
    RequestVote,
    RequestVoteReply,
)

if TYPE_CHECKING:
    from tests.verification.model.server import Disk


class Violation(Exception):
    """A property does not hold: its name, and how."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name


class Led(msgspec.Struct, frozen=True):
    """`node` has become leader of `term`."""

    node: int
    term: int


class Committed(msgspec.Struct, frozen=True):
    """`node`, in `term`, counts `entries` as committed.

    `leads` is the configuration in force if it is a leader; `disk` is its own at that moment.
    """

    node: int
    term: int
    entries: tuple[Entry, ...]
    leads: Configuration | None
    disk: Disk


class Applied(msgspec.Struct, frozen=True):
    """`node` has applied these entries."""

    node: int
    entries: tuple[Entry, ...]


class Installed(msgspec.Struct, frozen=True):
    """A snapshot has taken the place of the state: that of all these entries, in order."""

    node: int
    content: tuple[Entry, ...]


class Readable(msgspec.Struct, frozen=True):
    """The read `context` may be served once `index` is applied."""

    node: int
    context: int
    index: int


Fact = Led | Committed | Applied | Installed | Readable

History = tuple[tuple[Entry, int], ...]
"""Every entry ever committed, from index 1 on, and the term in which that happened first."""


def check_durable(node: int, raft: Raft, disk: Disk) -> None:
    """durability: at the end of a turn, what the core takes for durable is on disk, and no more.
    commit_index_in_log: what it has applied is committed, and what is committed is there."""
    state, log = raft.state, raft.state.log
    if not state.last_applied <= state.commit_index <= log.last_index:
        raise Violation(
            "commit_index_in_log",
            f"{node} has applied {state.last_applied} and committed {state.commit_index},"
            f" but its log ends at {log.last_index}",
        )
    term_vote = (disk.hard_state.term, disk.hard_state.vote)
    if (state.current_term, state.voted_for) != term_vote:
        raise Violation(
            "durability",
            f"{node} is in term {state.current_term} with a vote for {state.voted_for or 'nobody'},"
            f" but {disk.hard_state} is durable",
        )
    start = max(log.offset, disk.base) + 1
    held = tuple(entry for entry in disk.entries if entry.index >= start)
    if tuple(log.slice(start, log.durable_index + 1)) != held or log.unstable():
        raise Violation("durability", f"{node} has a log that is not that on its disk")


def check_said(node: int, disk: Disk, raft: Raft, target: int, m: AnyMessage) -> None:
    """durability: a message leaves only after what it promises is on disk."""
    durable = disk.hard_state
    wish = isinstance(m, RequestVote | RequestVoteReply) and m.pre_vote
    term: int = getattr(m, "term", 0)
    if not wish and term > durable.term:
        raise Violation("durability", f"{node} speaks of term {term} with {durable} on disk")
    if wish or term < durable.term:
        return
    voted = NOBODY
    if isinstance(m, RequestVote):
        voted = node
    elif isinstance(m, RequestVoteReply) and m.vote_granted:
        voted = target
    elif isinstance(m, AppendEntriesReply) and m.success:
        log = raft.state.log
        promised = log.slice(max(log.offset, disk.base) + 1, m.index + 1)
        if m.index > disk.last_index or not all(disk.holds(entry) for entry in promised):
            raise Violation("durability", f"{node} acknowledges {m.index} with {disk} on disk")
    if voted not in (NOBODY, durable.vote):
        raise Violation("durability", f"{node} votes for {voted} with {durable} on disk")


def check_log_matching(a: Log, b: Log, names: tuple[int, int]) -> None:
    """log_matching: two logs that agree on one position agree on all before it."""
    first = max(a.offset, b.offset) + 1
    agreeing = False
    for index in range(min(a.last_index, b.last_index), first - 1, -1):
        (own,), (other,) = a.slice(index, index + 1), b.slice(index, index + 1)
        agreeing = agreeing or own.term == other.term
        if agreeing and own != other:
            raise Violation("log_matching", f"{names[0]} has {own}, {names[1]} has {other}")


def check_complete(node: int, term: int, log: Log, history: History) -> None:
    """leader_completeness: a leader has all that was committed in earlier terms."""
    for entry, committed_in in history:
        missing = entry.index > log.offset and log.term_at(entry.index) != entry.term
        if committed_in < term and missing:
            raise Violation("leader_completeness", f"{node} leads term {term} without {entry}")


def check_quorum_holds(fact: Committed, disks: Iterable[tuple[int, Disk]]) -> None:
    """committed_by_quorum, commits_own_term_only: when a leader may commit (thesis 3.6.2)."""
    last = fact.entries[-1]
    if fact.leads is None:
        return
    if last.term != fact.term:
        raise Violation(
            "commits_own_term_only", f"{fact.node} leads term {fact.term} and commits {last}"
        )
    held = [node for node, disk in disks if (fact.disk if node == fact.node else disk).holds(last)]
    if not is_quorum(fact.leads, held):
        raise Violation(
            "committed_by_quorum",
            f"{fact.node} commits {last}, durable only on {held} of {fact.leads}",
        )


def extended(history: History, fact: Committed) -> History:
    """state_machine_safety: nobody counts another entry as committed at an index."""
    for entry in fact.entries:
        if entry.index <= len(history):
            known = history[entry.index - 1][0]
            if known != entry:
                raise Violation(
                    "state_machine_safety",
                    f"{fact.node} holds {entry} for committed, another {known}",
                )
        elif entry.index == len(history) + 1:
            history = (*history, (entry, fact.term))
        else:
            raise Violation("state_machine_safety", f"{fact.node} commits {entry} out of order")
    return history


def check_applied(fact: Applied, history: History) -> None:
    """state_machine_safety: nobody applies what is not committed, or something else."""
    for entry in fact.entries:
        if entry.index > len(history) or history[entry.index - 1][0] != entry:
            raise Violation("state_machine_safety", f"{fact.node} applies {entry}, not committed")


def check_installed(fact: Installed, history: History) -> None:
    """state_machine_safety: a snapshot holds what was committed, in order."""
    known = tuple(entry for entry, _ in history)
    if fact.content != known[: len(fact.content)]:
        raise Violation(
            "state_machine_safety", f"{fact.node} installs {fact.content}, committed is {known}"
        )
