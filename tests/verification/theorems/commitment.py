"""Theorems of what is committed and applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Protocol

from tests.verification.theorems.theorem import Complaints, Theorems
from tests.verification.theorems.view import (
    AnyEntry,
    AppendEntries,
    Configuration,
    Log,
    Packet,
    Server,
    View,
)

THEOREMS: Theorems[View] = Theorems()


class Past(Protocol):
    """What was applied, and the state after each entry, where it was seen; a View has it."""

    @property
    def applied(self) -> Sequence[AnyEntry]: ...
    @property
    def states(self) -> Sequence[Hashable]: ...


def directly_committed(view: View) -> list[AnyEntry]:
    """LeaderCompletenessInterface.v `directly_committed`: a quorum took it in the entry's term."""
    holders: dict[AnyEntry, set[int]] = defaultdict(set)
    led_with: dict[int, dict[int, Configuration]] = defaultdict(dict)
    for server, ghost in zip(view.servers, view.ghosts, strict=True):
        for term, entry in ghost.all_entries:
            if term == entry.term:
                holders[entry].add(server.node)
        for term, index, configuration in ghost.led_with:
            led_with[term][index] = configuration
    return [
        entry
        for entry, nodes in holders.items()
        if is_quorum_for(entry, frozenset(nodes), led_with[entry.term])
    ]


def is_quorum_for(
    entry: AnyEntry, nodes: frozenset[int], led_with: Mapping[int, Configuration]
) -> bool:
    """Whether `nodes` are a quorum of a configuration that was in force, in that leader's log, with
    the entry there or later. (Whoever is elected by a later one has that change, so the entry.)"""
    return any(
        configuration.is_quorum(nodes)
        and not any(index < later <= entry.index for later in led_with)
        for index, configuration in led_with.items()
    )


def commit_recorded(server: Server) -> tuple[AnyEntry, ...]:
    """CommonDefinitions.v `commit_recorded`: what a server has and holds for committed."""
    return server.log.before(max(server.commit_index, server.last_applied)).entries


def lacks(log: Log, entry: AnyEntry) -> bool:
    return entry.index > log.start_index and log.at(entry.index) != entry


@THEOREMS.define("LeaderCompleteness", "Raft/LeaderCompletenessInterface.v")
def leader_completeness(view: View) -> Complaints:
    """A leader has all that was committed in earlier terms, and all that precedes it."""
    committed = directly_committed(view)
    for server, ghost in zip(view.servers, view.ghosts, strict=True):
        for term, log in ghost.leader_logs:
            earlier = [entry for entry in committed if entry.term < term]
            for entry in [*earlier, *preceding(view, earlier)]:
                if lacks(log, entry):
                    yield f"{server.node} began term {term} without {entry}"


def preceding(view: View, committed: list[AnyEntry]) -> Iterator[AnyEntry]:
    """`committed`: entries before a directly committed one in the same log."""
    for server in view.servers:
        held = [entry.index for entry in committed if server.log.at(entry.index) == entry]
        yield from server.log.before(max(held, default=0)).entries


@THEOREMS.define("CommitRecordedCommitted", "Raft/CommitRecordedCommittedInterface.v")
def commit_recorded_committed(view: View) -> Complaints:
    """What a server holds for committed, is; this needs ghosts kept after every handler."""
    committed = directly_committed(view)
    logs = [Log(view.applied), *(server.log for server in view.servers)]
    for server in view.servers:
        recorded = commit_recorded(server)
        if recorded and not is_committed(recorded[-1], server.term, committed, logs):
            yield f"{server.node} in term {server.term} holds {recorded[-1]} for committed"


def is_committed(entry: AnyEntry, term: int, directly: list[AnyEntry], logs: list[Log]) -> bool:
    """LeaderCompletenessInterface.v `committed`."""
    return any(
        later.term <= term
        and later.index >= entry.index
        and any(log.at(entry.index) == entry and log.at(later.index) == later for log in logs)
        for later in directly
    )


@THEOREMS.define("StateMachineSafety", "Raft/StateMachineSafetyInterface.v")
def state_machine_safety(view: View) -> Complaints:
    """Nobody holds two different entries for committed at one index, whoever applied the first; and
    no message that would still be heard brings another one."""
    committed = dict(enumerate(view.applied, start=1))
    for server in view.servers:
        for entry in commit_recorded(server):
            if committed.setdefault(entry.index, entry) != entry:
                yield f"{server.node} has {entry} committed, not {committed[entry.index]}"
    for packet in view.in_flight:
        for server in view.servers:
            yield from overwrites(packet, server)


def overwrites(packet: Packet, server: Server) -> Complaints:
    """`state_machine_safety_nw`."""
    m, log = packet.message, server.log
    if not isinstance(m, AppendEntries) or m.term < server.term:
        return
    brought = {entry.index: entry for entry in m.entries}
    committed = max(server.commit_index, server.last_applied)
    end = min(committed, max(brought, default=0))
    kept = all(log.at(i) in (None, brought.get(i)) for i in range(m.prev_index + 1, end + 1))
    if m.prev_index <= committed and log.term_at(m.prev_index) not in (None, m.prev_term):
        kept = False
    if not kept:
        yield f"{packet.source} sends {m}, but {server.node} has {committed} entries committed"


@THEOREMS.define("LastAppliedLeCommitIndex", "Raft/LastAppliedLeCommitIndexInterface.v")
def last_applied_le_commit_index(view: View) -> Complaints:
    for server in view.servers:
        if not server.last_applied <= server.commit_index <= server.log.last_index:
            yield (
                f"{server.node} applied {server.last_applied} of {server.commit_index} committed"
                f" of {server.log.last_index}"
            )


@THEOREMS.define("StateMachineCorrect", "Raft/StateMachineCorrectInterface.v")
def state_machine_correct(view: View) -> Complaints:
    """The state is that which the applied entries make, so equal where as many are applied."""
    for server in view.servers:
        yield from other_state(view, server, server.last_applied, server.state)


def other_state(past: Past, server: Server, index: int, state: object) -> Complaints:
    known = past.states[index - 1] if 0 < index <= len(past.states) else None
    if None not in (known, state) and known != state:
        yield f"{server.node} has another state at {index}: {state}, not {known}"
