"""The same theorems for long runs: a checker that remembers what it has checked.

The definitions over a View compare everything with everything. `Checker` is told what changed and
checks that alone, in time that depends on the change: a run of n steps costs n, not n times the
size of the cluster. It keeps its own ghosts, so nobody need build Views, and it also sees conflicts
with what is gone again. On one View it finds what the definitions find (test_incremental.py).

    checker = Checker()
    checker.observe(servers)                        # all of them, once
    checker.observe([server], sent, delivered)      # then whatever changed; raises Violation
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.verification.theorems.commitment import last_applied_le_commit_index, other_state
from tests.verification.theorems.elections import candidates_vote_for_selves
from tests.verification.theorems.memory import Commits, Complaint, Elections, Logs, named
from tests.verification.theorems.production import (
    not_durable,
    standing_learner,
    unfounded_message,
    unfounded_snapshot,
    unsafe_changes,
)
from tests.verification.theorems.steps import STEPS, Transition
from tests.verification.theorems.theorem import Violation
from tests.verification.theorems.view import Configuration, Ghost, Packet, Server, View


class Checker:
    """Told of every change of a cluster. A server that leaves may just not change any more."""

    def __init__(self) -> None:
        self.servers: dict[int, Server] = {}
        self._elections = Elections()
        self._logs = Logs()
        self._commits = Commits(self._elections, self._logs)

    def founded(self, term: int, configuration: Configuration) -> None:
        """The cluster begins with entries of `term`, on which its members were told to agree:
        nobody led that term, but a quorum that holds them has committed them."""
        self._elections.led_with[term][1] = configuration

    def observe(
        self,
        changed: Iterable[Server],
        sent: Iterable[Packet] = (),
        delivered: Packet | None = None,
    ) -> None:
        """One step: the servers that are not as they were, and what was sent. `delivered` is the
        message that made the step, if one did. Raises Violation."""
        for name, detail in self.complaints(changed, sent, delivered):
            raise Violation(name, detail)

    def complaints(
        self,
        changed: Iterable[Server],
        sent: Iterable[Packet] = (),
        delivered: Packet | None = None,
    ) -> Iterator[Complaint]:
        """As `observe`, but yields the name and the detail of each violation."""
        pairs = [(self.servers.get(server.node), server) for server in changed]
        for before, after in pairs:
            self.servers[after.node] = after
            self._elections.note(before, after)
            self._logs.note(before, after)
        for before, after in pairs:
            if before is not None:
                yield from _step(before, after, delivered)
            yield from self._elections.check(before, after)
            yield from self._logs.check(before, after)
        for before, after in pairs:
            yield from self._commits.note(before, after)
        for before, after in pairs:
            yield from self._commits.check(before, after)
            yield from self._alone(after)
        for packet in sent:
            yield from self._packet(packet)

    def _alone(self, server: Server) -> Iterator[Complaint]:
        """What concerns one server and what was committed before."""
        view, commits = View((server,), (Ghost(),)), self._commits
        yield from named("CandidatesVoteForSelves", candidates_vote_for_selves(view))
        yield from named("LastAppliedLeCommitIndex", last_applied_le_commit_index(view))
        yield from named(
            "StateMachineCorrect", other_state(commits, server, server.last_applied, server.state)
        )
        yield from named("SnapshotIsAppliedPrefix", unfounded_snapshot(commits, server))
        yield from named("LearnersNeverVote", standing_learner(server))
        if len(server.configurations) > 1:
            changes = unsafe_changes(server, commits.highest)
            yield from named("AdjacentQuorumsIntersect", changes)

    def _packet(self, packet: Packet) -> Iterator[Complaint]:
        yield from self._elections.check_packet(packet)
        yield from self._logs.check_packet(packet)
        yield from self._commits.check_packet(packet, self.servers.values())
        yield from named("SnapshotIsAppliedPrefix", unfounded_message(self._commits, packet))
        if packet.source in self.servers:
            complaints = not_durable(packet, self.servers[packet.source])
            yield from named("SpokenIsDurable", complaints)


def _step(before: Server, after: Server, delivered: Packet | None) -> Iterator[Complaint]:
    ghosts = (Ghost(),)
    step = Transition(View((before,), ghosts), View((after,), ghosts), delivered)
    for theorem in STEPS.all:
        yield from named(theorem.name, theorem.complaints(step))
