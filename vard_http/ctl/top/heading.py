"""What is said of the cluster as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from vard_http.ctl.observe.figures import NOBODY
from vard_http.ctl.observe.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Heading:
    """`leader` is a name, or empty; `elections` are those that the member up longest has seen.

    `nobody` says why no members are known, while that is so.
    """

    cluster_id: str
    leader: str
    term: int | None
    elections: int | None
    answering: int
    members: int
    quorum: int
    nobody: str = ""


def heading(snapshot: Snapshot) -> Heading:
    """The figures above the table."""
    samples = snapshot.samples()
    learners = sum(one.figures.role == "learner" for one in samples.values())
    leader = snapshot.leader
    return Heading(
        cluster_id=snapshot.cluster_id,
        leader=snapshot.name(leader) if leader != NOBODY else "",
        term=snapshot.term,
        elections=elections(snapshot),
        answering=len(samples),
        members=len(snapshot.members),
        quorum=(len(snapshot.members) - learners) // 2 + 1,
        nobody=snapshot.nobody,
    )


def elections(snapshot: Snapshot) -> int | None:
    """How many changes of the leader the member has seen that has run longest."""
    told = [one.figures for one in snapshot.samples().values()]
    known = [one for one in told if one.leader_changes is not None and one.started is not None]
    if not known:
        return None
    return min(known, key=lambda one: one.started or 0.0).leader_changes
