"""Theorems over two Views, one step apart.

Within one incarnation a server's memory does not go backward; across a crash, what is durable does
not.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from tests.verification.theorems.theorem import Complaints, Theorems
from tests.verification.theorems.view import (
    Log,
    Packet,
    RequestVote,
    Role,
    Server,
    View,
)

STEPS: Theorems[Transition] = Theorems()


class Transition(Struct, frozen=True):
    """What one handler did. `delivered` is the message it handled, None for anything else: a
    timeout, a client's request, a write that ended, a crash."""

    before: View
    after: View
    delivered: Packet | None = None

    def changed(self) -> Iterator[tuple[Server, Server]]:
        """Each server that differs, before and after."""
        earlier = {server.node: server for server in self.before.servers}
        for server in self.after.servers:
            before = earlier.get(server.node, server)
            if before is not server:
                yield before, server


@STEPS.define("TermsNeverGoBack", "Raft/SpecLemmas.v")
def terms_never_go_back(step: Transition) -> Complaints:
    for before, after in step.changed():
        if after.stored.term < before.stored.term or after.term < after.stored.term:
            yield f"{after.node} goes from {before.stored} to {after.stored}"
        if after.incarnation == before.incarnation and after.term < before.term:
            yield f"{after.node} goes from term {before.term} to {after.term}"


@STEPS.define("VotesAreKept", "Raft/VotesCorrectInterface.v")
def votes_are_kept(step: Transition) -> Complaints:
    """Within a term, a vote that is stored stays."""
    for before, after in step.changed():
        old, new = before.stored, after.stored
        if old.term == new.term and old.voted_for not in (None, new.voted_for):
            yield f"{after.node} voted as in {old}, and now as in {new}"


@STEPS.define("LeaderAppendOnly", "thesis 3.2")
def leader_append_only(step: Transition) -> Complaints:
    """While it leads, a leader only adds to its log."""
    for before, after in step.changed():
        leads = before.role is after.role is Role.LEADER and before.term == after.term
        if leads and not kept(before.log, after.log, before.log.last_index):
            yield f"{after.node} changed its log while leading term {after.term}"


@STEPS.define("CommitIndexMonotonic", "Raft/SpecLemmas.v")
def commit_index_monotonic(step: Transition) -> Complaints:
    """And what it covers stays in the log, or becomes part of a snapshot."""
    for before, after in step.changed():
        if after.incarnation != before.incarnation:
            continue
        if after.commit_index < before.commit_index:
            yield f"{after.node} goes from {before.commit_index} committed to {after.commit_index}"
        elif not kept(before.log, after.log, before.commit_index):
            yield f"{after.node} lost some of {before.commit_index} committed entries"


def kept(old: Log, new: Log, index: int) -> bool:
    """Whether all entries up to `index` are still there, or compacted."""
    length = max(0, index - old.start_index)
    gone = max(0, new.start_index - old.start_index)
    if new.start_index >= old.start_index:
        return new.entries[: max(0, length - gone)] == old.entries[gone:length]
    return all(new.at(entry.index) == entry for entry in old.before(index).entries)


@STEPS.define("AppliedEntriesMonotonic", "Raft/AppliedEntriesMonotonicInterface.v")
def applied_entries_monotonic(step: Transition) -> Complaints:
    """What the most advanced server has applied only grows, and so does what each has, until one
    crashes: in production a server then applies again what its snapshot does not hold."""
    if any(before.incarnation != after.incarnation for before, after in step.changed()):
        return
    for before, after in step.changed():
        if after.last_applied < before.last_applied:
            yield f"{after.node} goes from {before.last_applied} applied to {after.last_applied}"
    old, new = applied_entries(step.before), applied_entries(step.after)
    if not kept(old, new, old.last_index):
        yield f"{old} was applied, and now {new}"


def applied_entries(view: View) -> Log:
    """CommonDefinitions.v `applied_entries`, as far as it is not compacted."""
    server = max(view.servers, key=lambda server: server.last_applied)
    return server.log.before(server.last_applied)


@STEPS.define("PreVoteChangesNothing", "thesis 9.6")
def pre_vote_changes_nothing(step: Transition) -> Complaints:
    """Neither asking whether one would be elected nor being asked changes term, vote or log."""
    for before, after in step.changed():
        asked = is_asked(after, step.delivered)
        asks = step.delivered is None and after.role is Role.PRE_CANDIDATE
        same_life = before.incarnation == after.incarnation
        if (asked or asks) and same_life and position(after) != position(before):
            yield f"{after.node} took a pre-vote for a vote: term {before.term} to {after.term}"


def position(server: Server) -> tuple[int, int | None, int, int]:
    """What voters compare; of the log, its start may move by compaction."""
    return server.term, server.voted_for, server.log.last_index, server.log.last_term


def is_asked(server: Server, delivered: Packet | None) -> bool:
    """Whether this step is the delivery of a pre-vote request to that server."""
    if delivered is None or delivered.target != server.node:
        return False
    return isinstance(delivered.message, RequestVote) and delivered.message.pre_vote
