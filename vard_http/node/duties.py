"""What a node proposes unasked: its name, and as leader what must happen in time."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import structlog

from vard_http.node.cluster import (
    CLUSTER_VERSION,
    VERSION,
    attributes,
    attributes_path,
)
from vard_http.node.pending import Outcome
from vard_http.raft import Change, ChangeRefused, Raft
from vard_http.store import Set, StoreError, Sync

if TYPE_CHECKING:
    from vard_http.node.node import Node

log = structlog.get_logger("node")

SWEEP_SECONDS: Final = 0.5
VERSION_PATIENCE_SECONDS: Final = 5.0


class Duties:
    """The duties of one node; times are time.monotonic() seconds."""

    def __init__(self, node: Node, raft: Raft) -> None:
        self._node = node
        self._raft = raft
        self._next_sweep = 0.0
        self._version_asked = 0.0

    def publish(self) -> None:
        """Tell the cluster our name and client URLs, until it has heard."""
        node = self._node
        value = attributes(node.settings.name, node.settings.client_urls)
        node.propose(Set(node.clock.time_ns(), attributes_path(node.me), value), self._published)

    def _published(self, outcome: Outcome) -> None:
        if isinstance(outcome, StoreError):
            log.warning("publishing failed", cause=outcome.cause.decode())
            self.publish()
        elif not self._node.published.done():
            self._node.published.set_result(None)

    def see_to(self, now: float) -> None:
        """As leader, have what is due expire, and settle the cluster's version."""
        if not self._raft.is_leader:
            return
        if now >= self._next_sweep:
            # The beat goes on without anything to expire: what comes in lives at least until its
            # next stroke, as with etcd.
            self._next_sweep = now + SWEEP_SECONDS
            if self._node.store.has_ttl:
                self._node.propose(Sync(self._node.clock.time_ns()), _ignore)
        if self._node.cluster.version is None and now - self._version_asked > SWEEP_SECONDS:
            self._settle_version(now)

    def _settle_version(self, now: float) -> None:
        node, raft = self._node, self._raft
        replayed = raft.applied_position().term == raft.term
        all_here = all(member.name for member in node.cluster.members.values())
        patient = now - node.leader_elected <= VERSION_PATIENCE_SECONDS
        if replayed and (all_here or not patient):
            self._version_asked = now
            node.propose(Set(node.clock.time_ns(), VERSION, CLUSTER_VERSION), _ignore)

    def promote(self) -> None:
        """As leader, let learners vote: a member is a learner only to get into the cluster."""
        raft = self._raft
        learners = raft.configuration.learners
        if learners and raft.is_leader and not raft.change_pending:
            with contextlib.suppress(ChangeRefused):
                raft.propose_change(Change("add", learners[0]))


def _ignore(outcome: Outcome) -> None:
    """For proposals whose outcome shows in the store."""
