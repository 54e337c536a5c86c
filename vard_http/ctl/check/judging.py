"""All rules, in the order in which their findings are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from vard_http.ctl.check import agreement, machines, membership
from vard_http.ctl.check.finding import Finding
from vard_http.ctl.check.observed import Observed

RULES: Final[tuple[Callable[[Observed], Iterator[Finding]], ...]] = (
    agreement.health,
    agreement.quorum,
    agreement.leader,
    agreement.term,
    agreement.raft_lag,
    agreement.peers,
    membership.lists,
    membership.learners,
    membership.urls,
    membership.versions,
    machines.clocks,
    machines.disk,
    machines.room,
    machines.files,
)


def judge(seen: Observed) -> list[Finding]:
    """What every rule finds."""
    return [finding for rule in RULES for finding in rule(seen)]
