"""Which changes of members may be made: etcd's guard and its validation (contract 13.2 to 13.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from vard_http.node.cluster import Cluster, decode_reason
from vard_http.raft import CONFIGURATION, Change, Proposal, decode_change


class MembershipError(Exception):
    """A change of members that is not made; the message is etcd's reason."""


class MemberConflict(MembershipError):
    """The member or one of its peer URLs is there already."""


class MemberRemoved(MembershipError):
    """The id belonged to a member that was removed; it never comes back."""

    def __init__(self) -> None:
        super().__init__("membership: ID removed")


class MemberUnknown(MembershipError):
    """No member has this id."""

    def __init__(self) -> None:
        super().__init__("membership: ID not found")


Connected = Callable[[int], bool]
"""Whether a member has been connected to this one for long enough to count on it."""


def check_add(cluster: Cluster, connected: Connected) -> None:
    """Whether the cluster can bear one more voter that has not started.

    Raises MembershipError if too few members have started for the quorum with it, or if not all
    are connected. A single member may always add a second.
    """
    members = cluster.members.values()
    started = sum(bool(member.name) for member in members)
    alone = started == len(members) == 1
    if started < _quorum(len(members) + 1) and not alone:
        raise MembershipError(
            "etcdserver: re-configuration failed due to not enough started members"
        )
    if not all(connected(member.id) for member in members):
        raise MembershipError("etcdserver: unhealthy cluster")


def check_remove(cluster: Cluster, member: int, connected: Connected, *, reachable: bool) -> None:
    """Whether the cluster can do without `member`; one that is not `reachable` is no loss.

    Raises MembershipError if too few others have started, or are connected, for a quorum of them.
    """
    others = [other for other in cluster.members.values() if other.id != member]
    started = sum(bool(other.name) for other in others)
    if started < _quorum(len(others)):
        raise MembershipError(
            "etcdserver: re-configuration failed due to not enough started members"
        )
    if not reachable:
        return
    active = sum(connected(other) for other in cluster.members)
    if active - 1 < _quorum(len(cluster.members) - 1):
        raise MembershipError("etcdserver: unhealthy cluster")


def _quorum(members: int) -> int:
    return members // 2 + 1


def validate(cluster: Cluster, change: Change) -> None:
    """Whether `change` makes sense for the members as they are.

    Raises MemberConflict, MemberRemoved or MemberUnknown.
    """
    if change.node in cluster.removed:
        raise MemberRemoved
    known = change.node in cluster.members
    if change.operation == "learn" and known:
        raise MemberConflict("membership: ID exists")
    if change.operation != "learn" and not known:
        raise MemberUnknown
    wanted = decode_reason(change.context).peer_urls
    others = (other for other in cluster.members.values() if other.id != change.node)
    if any(url in wanted for other in others for url in other.peer_urls):
        raise MemberConflict("membership: peerURL exists")


def admissible(proposals: Iterable[Proposal], basis: int | None) -> Sequence[Proposal]:
    """`proposals` without the changes of members that were decided on another `basis`.

    This makes the leader the one place where a change is compared with the members that it
    changes: each is made once at most, and on no other members than it was validated for. Without
    a basis no change may be made now. Whoever proposed will do so again.
    """
    return [p for p in proposals if p.kind != CONFIGURATION or _basis(p) == basis]


def _basis(proposal: Proposal) -> int:
    return decode_reason(decode_change(proposal.data).context).basis
