"""Theorems of logs and of the entries under way.

An AppendEntries is a piece of a log: its entries come after (`prev_index`, `prev_term`) as those of
a log come after its start. Of what lies at or before a start, nothing but its position is known,
and nothing else is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from tests.verification.theorems.theorem import Complaints, Theorems
from tests.verification.theorems.view import (
    AnyEntry,
    AppendEntries,
    AppendEntriesReply,
    Log,
    Packet,
    Role,
    Server,
    View,
)

THEOREMS: Theorems[View] = Theorems()


def pieces(view: View) -> Iterator[tuple[str, Log]]:
    """All that is or pretends to be part of a log, with a name for readers."""
    for server in view.servers:
        yield f"the log of {server.node}", server.log
    for packet in view.in_flight:
        if isinstance(packet.message, AppendEntries):
            yield f"a message from {packet.source}", piece(packet.message)


def piece(m: AppendEntries) -> Log:
    return Log(m.entries, m.prev_index, m.prev_term)


@THEOREMS.define("LogMatching", "Raft/LogMatchingInterface.v")
def log_matching(view: View) -> Complaints:
    """No gaps; and two logs that share an index and a term are equal up to there."""
    # Many messages carry the same entries.
    names = {log: name for name, log in pieces(view)}
    for log, name in names.items():
        for missing in gaps(log):
            yield f"{name} has no entry {missing}"
    for (log, name), (other, other_name) in combinations(names.items(), 2):
        index = first_disagreement(log, other)
        if index is not None:
            yield f"{name} and {other_name} differ at {index} but share a later entry's term"


def gaps(log: Log) -> Iterator[int]:
    """Positions between a log's start and end that it does not have."""
    present = {entry.index for entry in log.entries}
    if present and min(present) <= log.start_index:
        yield log.start_index
    yield from (i for i in range(log.start_index + 1, log.last_index + 1) if i not in present)


def first_disagreement(log: Log, other: Log) -> int | None:
    """CommonDefinitions.v `entries_match`: the first position that breaks it."""
    start = max(log.start_index, other.start_index)
    shared = min(log.last_index, other.last_index)
    while shared > start and log.term_at(shared) != other.term_at(shared):
        shared -= 1
    if shared > start:
        if log.term_at(start) != other.term_at(start):
            return start
        for index in range(start + 1, shared + 1):
            if log.at(index) != other.at(index):
                return index
    return None


@THEOREMS.define("Sorted", "Raft/SortedInterface.v")
def logs_sorted(view: View) -> Complaints:
    for name, log in pieces(view):
        for index, term, entry in unsorted(log):
            yield f"{name} has {entry} after ({index}, {term})"


def unsorted(log: Log) -> Iterator[tuple[int, int, AnyEntry]]:
    """CommonDefinitions.v `sorted`, oldest first: indexes rise, terms do not fall."""
    start = (log.start_index, log.start_term)
    positions = [start, *((entry.index, entry.term) for entry in log.entries)]
    for (before, entry), (index, term) in zip(
        zip(positions, log.entries, strict=False), positions[1:], strict=True
    ):
        if index <= before[0] or term < before[1]:
            yield (*before, entry)


@THEOREMS.define("UniqueIndices", "Raft/UniqueIndicesInterface.v")
def unique_indices(view: View) -> Complaints:
    for name, log in pieces(view):
        if len({entry.index for entry in log.entries}) != len(log.entries):
            yield f"{name} has an index twice"


@THEOREMS.define("TermSanity", "Raft/TermSanityInterface.v")
def no_entries_past_current_term(view: View) -> Complaints:
    for server in view.servers:
        if any(entry.term > server.term for entry in server.log.entries):
            yield f"{server.node} has an entry from after its term {server.term}"
    for packet in view.in_flight:
        m = packet.message
        if isinstance(m, AppendEntries) and any(entry.term > m.term for entry in m.entries):
            yield f"{packet.source} sends an entry from after term {m.term}"


@THEOREMS.define("LeaderSublog", "Raft/LeaderSublogInterface.v")
def leader_sublog(view: View) -> Complaints:
    """Nobody has an entry of a leader's term that it does not have itself."""
    all_pieces = list(pieces(view))
    for leader in view.servers:
        if leader.role is Role.LEADER:
            for name, log in all_pieces:
                for entry in foreign(leader, log):
                    yield f"{name} has {entry}, but {leader.node} leads that term without it"


def foreign(leader: Server, log: Log) -> Iterator[AnyEntry]:
    own = leader.log
    for entry in log.entries:
        if (
            entry.term == leader.term
            and own.start_index < entry.index
            and own.at(entry.index) != entry
        ):
            yield entry


@THEOREMS.define("LeaderLogsContiguous", "Raft/LeaderLogsContiguousInterface.v")
def leader_logs_contiguous(view: View) -> Complaints:
    """CommonTheorems.v `contiguous_range_exact_lo`: from the start on there is one entry each."""
    for server, ghost in zip(view.servers, view.ghosts, strict=True):
        for term, log in ghost.leader_logs:
            if not contiguous(log):
                yield f"{server.node} began term {term} with a gap in its log"


def contiguous(log: Log) -> bool:
    indexes = [log.start_index, *(entry.index for entry in log.entries)]
    return all(after == before + 1 for before, after in pairwise(indexes))


@THEOREMS.define("AppendEntriesReplySublog", "Raft/AppendEntriesReplySublogInterface.v")
def append_entries_reply_sublog(view: View) -> Complaints:
    """What a follower says it has of a leader, that leader has."""
    for packet in view.in_flight:
        for server in view.servers:
            yield from unknown_to_leader(packet, server)


def unknown_to_leader(packet: Packet, leader: Server) -> Complaints:
    m, leads = packet.message, leader.role is Role.LEADER
    held = m.index if isinstance(m, AppendEntriesReply) and m.success else 0
    if leads and leader.term == m.term and held > leader.log.last_index:
        yield f"{packet.source} acknowledges {held}, which leader {leader.node} has not"
