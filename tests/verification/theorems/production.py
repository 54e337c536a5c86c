"""Theorems of what production code has and Raft.v has not: snapshots, changes of membership,
learners, and a disk that is slower than a handler. "Thesis" is Ongaro's (2014)."""

from __future__ import annotations

from itertools import pairwise

from tests.verification.theorems.commitment import Past, other_state
from tests.verification.theorems.theorem import Complaints, Theorems
from tests.verification.theorems.view import (
    AppendEntriesReply,
    Configuration,
    InstallSnapshot,
    Packet,
    RequestVote,
    RequestVoteReply,
    Role,
    Server,
    View,
)

THEOREMS: Theorems[View] = Theorems()


@THEOREMS.define("SnapshotIsAppliedPrefix", "thesis 5.1")
def snapshot_is_applied_prefix(view: View) -> Complaints:
    """A snapshot covers what was applied, no more, at the term it had, and holds that state; a log
    starts where applied entries end."""
    for server in view.servers:
        yield from unfounded_snapshot(view, server)
    for packet in view.in_flight:
        yield from unfounded_message(view, packet)


def unfounded_snapshot(past: Past, server: Server) -> Complaints:
    snapshot, log = server.snapshot, server.log
    if not snapshot.index <= server.last_applied:
        yield f"{server.node} applied {server.last_applied}, but has {snapshot}"
    if not log.start_index <= snapshot.index <= log.last_index:
        yield f"{server.node} has {snapshot} and a log of {log.start_index}..{log.last_index}"
    yield from never_applied(past, server.node, snapshot.index, snapshot.term)
    yield from never_applied(past, server.node, log.start_index, log.start_term)
    yield from other_state(past, server, snapshot.index, snapshot.state)


def unfounded_message(past: Past, packet: Packet) -> Complaints:
    m = packet.message
    if isinstance(m, InstallSnapshot):
        yield from never_applied(past, packet.source, m.index, m.index_term)


def never_applied(past: Past, node: int, index: int, term: int) -> Complaints:
    applied = past.applied[index - 1].term if 0 < index <= len(past.applied) else None
    if (index or term) and applied != term:
        yield f"{node} holds ({index}, {term}) for applied, where term {applied} was"


@THEOREMS.define("AdjacentQuorumsIntersect", "thesis 4.1")
def adjacent_quorums_intersect(view: View) -> Complaints:
    """Every quorum of a configuration meets every quorum of the next one in any log; and a log has
    only one change that nobody has committed yet."""
    committed = max([len(view.applied), *(server.commit_index for server in view.servers)])
    for server in view.servers:
        yield from unsafe_changes(server, committed)


def unsafe_changes(server: Server, committed: int) -> Complaints:
    for (_, old), (index, new) in pairwise(server.configurations):
        # A server that has just joined begins with nobody.
        if old.voters and not old.overlaps(new):
            yield f"{server.node} goes at {index} from {old} to {new}"
    open_changes = [i for i, _ in server.configurations if i > committed]
    if len(open_changes) > 1:
        yield f"{server.node} has changes at {open_changes}, committed is {committed}"


@THEOREMS.define("LearnersNeverVote", "thesis 4.2.1")
def learners_never_vote(view: View) -> Complaints:
    """Learners do not stand for election, and no election is won by their votes."""
    for server, ghost in zip(view.servers, view.ghosts, strict=True):
        yield from standing_learner(server)
        for term, voters, configuration in ghost.victories:
            yield from won_by_others(server.node, term, voters, configuration)


def standing_learner(server: Server) -> Complaints:
    if server.role is not Role.FOLLOWER and server.node in server.configuration.learners:
        yield f"learner {server.node} is a {server.role.value}"


def won_by_others(
    node: int, term: int, voters: frozenset[int], configuration: Configuration
) -> Complaints:
    if not voters - {node} <= configuration.voters:
        yield f"{node} won term {term} by {sorted(voters)} of {configuration}"


@THEOREMS.define("SpokenIsDurable", "thesis 3.8")
def spoken_is_durable(view: View) -> Complaints:
    """A candidate that asks for votes and a follower that acknowledges entries have on disk what
    they say. (That voters have, CroniesCorrect demands.)"""
    stored = {server.node: server for server in view.servers}
    for packet in view.in_flight:
        if packet.source in stored:
            yield from not_durable(packet, stored[packet.source])


def not_durable(packet: Packet, server: Server) -> Complaints:
    """In a later term its entries may be gone again, but then nobody counts what it said."""
    m, durable = packet.message, server.stored
    if isinstance(m, RequestVote | RequestVoteReply) and m.pre_vote:
        return
    said_term_too_early = m.term > durable.term
    stood_too_early = isinstance(m, RequestVote) and durable.voted_for != server.node
    held = m.index if isinstance(m, AppendEntriesReply) and m.success else 0
    acknowledged_too_early = held > durable.last_index
    same_term = m.term == durable.term
    if said_term_too_early or (same_term and (stood_too_early or acknowledged_too_early)):
        yield f"{server.node} says {m} with {durable} on disk"
