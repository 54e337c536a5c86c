"""What the incremental checker remembers of elections, logs and commits, and checks against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator

from tests.verification.theorems.commitment import is_quorum_for, lacks, overwrites
from tests.verification.theorems.ghosts import before_term, is_given
from tests.verification.theorems.logs import (
    contiguous,
    foreign,
    gaps,
    piece,
    unknown_to_leader,
    unsorted,
)
from tests.verification.theorems.production import won_by_others
from tests.verification.theorems.theorem import Complaints
from tests.verification.theorems.view import (
    AnyEntry,
    AppendEntries,
    Configuration,
    Log,
    Packet,
    RequestVoteReply,
    Role,
    Server,
)

NEVER = 1 << 62
"""A term that does not come."""

Complaint = tuple[str, str]
"""The name of a theorem, and how it does not hold."""


def named(name: str, complaints: Complaints) -> Iterator[Complaint]:
    return ((name, detail) for detail in complaints)


class Elections:
    """Who voted for whom, who led which term from which log and with which configurations."""

    def __init__(self) -> None:
        self._voters: dict[tuple[int, int], set[int]] = defaultdict(set)
        self._votes: dict[tuple[int, int], set[int]] = defaultdict(set)
        self._pending: dict[int, set[tuple[int, int]]] = defaultdict(set)
        self._leading: dict[int, int] = {}
        self.began: dict[tuple[int, int], Log] = {}
        self.led_with: dict[int, dict[int, Configuration]] = defaultdict(dict)
        self._elected_by: dict[tuple[int, int], Configuration] = {}

    def note(self, before: Server | None, server: Server) -> None:
        stored, pending = server.stored, self._pending[server.node]
        if before is not None and before.incarnation != server.incarnation:
            pending.clear()
        for term, vote in (server.term, server.voted_for), (stored.term, stored.voted_for):
            if vote is not None:
                pending.add((term, vote))
        for term, vote in [vote for vote in pending if is_given(vote, server)]:
            pending.remove((term, vote))
            self._votes[server.node, term].add(vote)
            self._voters[term, vote].add(server.node)
        if before is not None and self._leading.get(before.term) == server.node:
            del self._leading[before.term]

    def check(self, before: Server | None, server: Server) -> Iterator[Complaint]:
        stored = server.stored
        given = self._votes[server.node, stored.term]
        if given != ({stored.voted_for} - {None}):
            yield "VotesCorrect", f"{server.node} voted for {given}, but stores {stored}"
        if before is not None and len(self._votes[server.node, before.term]) > 1:
            yield "VotesCorrect", f"{server.node} voted twice in term {before.term}"
        if server.role in (Role.CANDIDATE, Role.LEADER):
            voters = self._voters[server.term, server.node] | {server.node}
            for crony in sorted((server.votes_received or frozenset()) - voters):
                yield "CroniesCorrect", f"{server.node} counts on {crony}, who did not vote for it"
        if server.role is Role.LEADER:
            yield from self._check_leader(server)

    def _check_leader(self, server: Server) -> Iterator[Complaint]:
        term, node = server.term, server.node
        other = self._leading.setdefault(term, node)
        if other != node:
            yield "OneLeaderPerTerm", f"{other} and {node} lead term {term}"
        self.led_with[term].update(server.configurations[-1:])
        voters = server.votes_received
        if voters is None:
            voters = frozenset(self._voters[term, node] | {node})
        if not self._elected_by.setdefault((term, node), server.configuration).is_quorum(voters):
            yield "CroniesCorrect", f"{node} leads term {term} by {sorted(voters)}"
        if (term, node) in self.began:
            return
        for began, by in self.began:
            if began == term:
                yield "OneLeaderLogPerTerm", f"{by} and {node} began term {term}"
        log = self.began[term, node] = before_term(server.log, term)
        yield from named(
            "LearnersNeverVote", won_by_others(node, term, voters, server.configuration)
        )
        if not contiguous(log):
            yield "LeaderLogsContiguous", f"{node} began term {term} with a gap in its log"

    def check_packet(self, packet: Packet) -> Iterator[Complaint]:
        m = packet.message
        promised = isinstance(m, RequestVoteReply) and m.granted and not m.pre_vote
        if promised and packet.target not in self._votes[packet.source, m.term]:
            yield "CroniesCorrect", f"{packet.source} says that it voted for {packet.target}: {m}"


class Logs:
    """Which entry stands at an index and term, and which term before it: then all that precedes it
    is known too (LogMatching by induction)."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], tuple[int, AnyEntry]] = {}
        self._of_term: dict[int, dict[int, AnyEntry]] = defaultdict(dict)
        self._leaders: dict[int, dict[int, Server]] = defaultdict(dict)
        self.fresh: dict[int, int] = {}

    def note(self, before: Server | None, server: Server) -> None:
        self.fresh[server.node] = first_difference(before, server)
        if before is not None:
            self._leaders[before.term].pop(server.node, None)
        if server.role is Role.LEADER:
            self._leaders[server.term][server.node] = server

    def check(self, before: Server | None, server: Server) -> Iterator[Complaint]:
        log, first = server.log, self.fresh[server.node]
        if before is not None:
            # What was not durable then may be now.
            first = min(first, before.stored.last_index + 1)
            if server.term < before.term:
                first = 0
        start = max(first - 1, log.start_index)
        fresh = Log(log.entries[start - log.start_index :], start, log.term_at(start) or 0)
        name = f"the log of {server.node}"
        yield from self._check_piece(name, fresh, server.term, server.stored.last_index)
        if server.role is Role.LEADER and not self._led_and_added(before, server):
            others = Log(tuple(self._of_term[server.term].values()))
            for entry in foreign(server, others):
                yield "LeaderSublog", f"{server.node} leads its term without {entry}"

    def _led_and_added(self, before: Server | None, server: Server) -> bool:
        """Whether it led this term already, and its log did not change but at its end."""
        if before is None or before.role is not Role.LEADER or before.term != server.term:
            return False
        return self.fresh[server.node] > before.log.last_index

    def check_packet(self, packet: Packet) -> Iterator[Complaint]:
        m = packet.message
        if isinstance(m, AppendEntries):
            name = f"a message from {packet.source}"
            yield from self._check_piece(name, piece(m), m.term, m.prev_index + len(m.entries))
        for leader in self._leaders[m.term].values():
            yield from named("AppendEntriesReplySublog", unknown_to_leader(packet, leader))

    def _check_piece(self, name: str, log: Log, term: int, durable: int) -> Iterator[Complaint]:
        """Entries that are not durable are compared, but not remembered: a crash undoes them."""
        if not log.entries:
            return
        for index in gaps(log):
            yield "LogMatching", f"{name} has no entry {index}"
        for index, before, entry in unsorted(log):
            yield "Sorted", f"{name} has {entry} after ({index}, {before})"
        if len({entry.index for entry in log.entries}) != len(log.entries):
            yield "UniqueIndices", f"{name} has an index twice"
        for leader in self._leading_terms_of(log):
            for entry in foreign(leader, log):
                yield "LeaderSublog", f"{name} has {entry}, which leader {leader.node} has not"
        previous = log.start_term
        for entry in log.entries:
            if entry.term > term:
                yield "TermSanity", f"{name} has {entry} in term {term}"
            yield from self._check_entry(name, entry, previous, entry.index <= durable)
            previous = entry.term

    def _leading_terms_of(self, log: Log) -> Iterator[Server]:
        for term in dict.fromkeys(entry.term for entry in log.entries):
            if term in self._leaders:
                yield from self._leaders[term].values()

    def _check_entry(
        self, name: str, entry: AnyEntry, previous: int, durable: bool
    ) -> Iterator[Complaint]:
        position, fact = (entry.index, entry.term), (previous, entry)
        known = self.known.get(position)
        if known is not None and known != fact:
            yield "LogMatching", f"{name} has {entry} after term {previous}, another has {known}"
        elif durable and known is None:
            self.known[position] = fact
            self._of_term[entry.term][entry.index] = entry


def first_difference(before: Server | None, server: Server) -> int:
    """The first index of its log whose entry was not there before."""
    log = server.log
    if before is None:
        return log.start_index + 1
    old = before.log
    gone = log.start_index - old.start_index
    if gone < 0 or log.start_index > old.last_index:
        return log.start_index + 1
    rest = old.entries[gone:]
    if log.entries[: len(rest)] == rest:
        return log.start_index + len(rest) + 1
    same = 0
    while same < min(len(rest), len(log.entries)) and rest[same] == log.entries[same]:
        same += 1
    return log.start_index + same + 1


class Commits:
    """Who took which entry in its own term, so what is committed; and what was applied."""

    def __init__(self, elections: Elections, logs: Logs) -> None:
        self._elections = elections
        self._logs = logs
        self._pending: dict[int, dict[int, tuple[int, AnyEntry]]] = defaultdict(dict)
        self._holders: dict[AnyEntry, set[int]] = defaultdict(set)
        self._committed: dict[int, dict[AnyEntry, int]] = defaultdict(dict)
        self._recorded: dict[int, AnyEntry] = {}
        self._begun: set[tuple[int, int]] = set()
        self.applied: list[AnyEntry] = []
        self.states: list[Hashable] = []
        self.highest = 0

    def note(self, before: Server | None, server: Server) -> Iterator[Complaint]:
        yield from self._accept(before, server)
        self.highest = max(self.highest, server.commit_index)
        for index in range(len(self.applied) + 1, server.last_applied + 1):
            entry = server.log.at(index)
            if entry is None:
                break
            self.applied.append(entry)
            self.states.append(None)
            self._recorded.setdefault(index, entry)
        self.highest = max(self.highest, len(self.applied))
        index = server.last_applied
        if 0 < index <= len(self.states) and self.states[index - 1] is None:
            self.states[index - 1] = server.state

    def _accept(self, before: Server | None, server: Server) -> Iterator[Complaint]:
        pending, log, first = self._pending[server.node], server.log, self._logs.fresh[server.node]
        if before is not None and before.incarnation != server.incarnation:
            pending.clear()
        for index in [index for index in pending if index >= first]:
            del pending[index]
        for entry in log.entries[first - log.start_index - 1 :]:
            pending[entry.index] = server.term, entry
        stored = server.stored.last_index
        for index in sorted(index for index in pending if index <= stored):
            term, entry = pending.pop(index)
            if term == entry.term:
                self._holders[entry].add(server.node)
                yield from self._commit(entry)

    def _commit(self, entry: AnyEntry) -> Iterator[Complaint]:
        """If a quorum has it now, it is committed and with it all that precedes it."""
        holders = frozenset(self._holders[entry])
        if not is_quorum_for(entry, holders, self._elections.led_with[entry.term]):
            return
        before: AnyEntry | None = entry
        while before is not None and self._committed_in(before) > entry.term:
            self._committed[before.index][before] = entry.term
            for (term, node), log in self._elections.began.items():
                if term > entry.term and lacks(log, before):
                    yield "LeaderCompleteness", f"{node} began term {term} without {before}"
            before = self._predecessor(before)

    def _committed_in(self, entry: AnyEntry) -> int:
        """The first term in which it is known to be committed."""
        return self._committed[entry.index].get(entry, NEVER)

    def _predecessor(self, entry: AnyEntry) -> AnyEntry | None:
        known = self._logs.known.get((entry.index, entry.term))
        if known is None:
            return None
        before = self._logs.known.get((entry.index - 1, known[0]))
        return None if before is None else before[1]

    def check(self, before: Server | None, server: Server) -> Iterator[Complaint]:
        election = (server.term, server.node)
        if server.role is Role.LEADER and election not in self._begun:
            self._begun.add(election)
            yield from self._check_leader(server)
        yield from self._check_recorded(before, server)

    def _check_leader(self, server: Server) -> Iterator[Complaint]:
        log = before_term(server.log, server.term)
        for entries in self._committed.values():
            for entry, term in entries.items():
                if term < server.term and lacks(log, entry):
                    yield (
                        "LeaderCompleteness",
                        f"{server.node} began term {server.term} without {entry}",
                    )

    def _check_recorded(self, before: Server | None, server: Server) -> Iterator[Complaint]:
        """What it holds for committed and did not before, or has changed since."""
        end = max(server.commit_index, server.last_applied)
        first = 1
        if before is not None and before.term <= server.term:
            recorded = max(before.commit_index, before.last_applied)
            first = min(recorded + 1, self._logs.fresh[server.node])
        log = server.log
        entries = log.entries[max(0, first - log.start_index - 1) : max(0, end - log.start_index)]
        for entry in entries:
            known = self._recorded.setdefault(entry.index, entry)
            if known != entry:
                yield "StateMachineSafety", f"{server.node} has {entry} committed, not {known}"
        if entries and self._committed_in(entries[-1]) > server.term:
            yield (
                "CommitRecordedCommitted",
                f"{server.node} in term {server.term} holds {entries[-1]} for committed",
            )

    def check_packet(self, packet: Packet, servers: Iterable[Server]) -> Iterator[Complaint]:
        if isinstance(packet.message, AppendEntries):
            for server in servers:
                yield from named("StateMachineSafety", overwrites(packet, server))
