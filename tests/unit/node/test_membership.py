"""Which changes of members etcd allows (contract 13.2 to 13.4)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from vard_http.node.cluster import Cluster, Member, Reason, encode_reason
from vard_http.node.membership import (
    MemberConflict,
    MemberRemoved,
    MembershipError,
    MemberUnknown,
    admissible,
    check_add,
    check_remove,
    validate,
)
from vard_http.raft import CONFIGURATION, NORMAL, Change, Operation, Proposal, encode_change


def cluster(started: int, waiting: int = 0, removed: frozenset[int] = frozenset()) -> Cluster:
    """Members 1, 2, … of which the last `waiting` have not started."""
    members: Mapping[int, Member] = {
        number: Member(number, (f"http://127.0.0.1:{number}",), f"n{number}" * (number <= started))
        for number in range(1, started + waiting + 1)
    }
    return Cluster(members, removed)


def change(operation: Operation, member: int, *peer_urls: str) -> Change:
    return Change(operation, member, encode_reason(Reason(peer_urls)))


@pytest.mark.parametrize(
    ("started", "waiting", "allowed"),
    [
        (1, 0, True),  # the quorum of two is lost until the second starts, and still
        (1, 1, False),
        (2, 0, True),
        (2, 1, False),
        (3, 0, True),
        (3, 1, True),
        (3, 2, False),
    ],
)
def test_enough_members_must_have_started_to_add_one(
    started: int, waiting: int, allowed: bool
) -> None:
    members = cluster(started, waiting)
    if allowed:
        check_add(members, lambda member: True)
    else:
        with pytest.raises(MembershipError, match="not enough started members"):
            check_add(members, lambda member: True)


def test_all_members_must_be_connected_to_add_one() -> None:
    with pytest.raises(MembershipError, match="unhealthy"):
        check_add(cluster(3), lambda member: member != 3)


@pytest.mark.parametrize(
    ("started", "waiting", "target", "allowed"),
    [
        (1, 0, 1, False),
        (2, 0, 2, True),
        (1, 1, 2, True),
        (1, 1, 1, False),
        (2, 1, 1, False),
        (2, 1, 3, True),
    ],
)
def test_enough_members_must_have_started_to_remove_one(
    started: int, waiting: int, target: int, allowed: bool
) -> None:
    members = cluster(started, waiting)
    if allowed:
        check_remove(members, target, lambda member: True, reachable=True)
    else:
        with pytest.raises(MembershipError, match="not enough started members"):
            check_remove(members, target, lambda member: True, reachable=True)


def test_a_healthy_member_is_needed_while_another_is_not_connected() -> None:
    def connected(member: int) -> bool:
        return member != 3

    with pytest.raises(MembershipError, match="unhealthy"):
        check_remove(cluster(3), 2, connected, reachable=True)
    check_remove(cluster(3), 3, connected, reachable=False)


@pytest.mark.parametrize(
    ("wanted", "error", "text"),
    [
        (change("learn", 4, "http://127.0.0.1:4"), None, ""),
        (change("learn", 4, "http://127.0.0.1:2"), MemberConflict, "membership: peerURL exists"),
        (change("learn", 1, "http://127.0.0.1:4"), MemberConflict, "membership: ID exists"),
        (change("learn", 9, "http://127.0.0.1:4"), MemberRemoved, "membership: ID removed"),
        (change("remove", 1), None, ""),
        (change("remove", 4), MemberUnknown, "membership: ID not found"),
        (change("remove", 9), MemberRemoved, "membership: ID removed"),
        (change("update", 1, "http://127.0.0.1:1"), None, ""),
        (change("update", 1, "http://127.0.0.1:4"), None, ""),
        (change("update", 1, "http://127.0.0.1:2"), MemberConflict, "membership: peerURL exists"),
        (change("update", 4, "http://127.0.0.1:2"), MemberUnknown, "membership: ID not found"),
        (change("update", 9, "http://127.0.0.1:9"), MemberRemoved, "membership: ID removed"),
    ],
)
def test_validation(wanted: Change, error: type[MembershipError] | None, text: str) -> None:
    members = cluster(3, removed=frozenset({9}))
    if error is None:
        validate(members, wanted)
    else:
        with pytest.raises(error, match=text):
            validate(members, wanted)


def test_a_leader_takes_only_changes_decided_on_the_members_as_they_are() -> None:
    def proposed(basis: int) -> Proposal:
        context = encode_reason(Reason(("http://a:1",), basis))
        return Proposal(CONFIGURATION, encode_change(Change("learn", 4, context)))

    write = Proposal(NORMAL, b"write")
    proposals = [proposed(7), write, proposed(8)]
    assert admissible(proposals, 8) == [write, proposed(8)]
    assert admissible(proposals, None) == [write]
