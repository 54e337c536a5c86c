"""The bookkeeping of members in the store, and what each change costs (contract 3)."""

from __future__ import annotations

import pytest

from vard_http.node.cluster import Reason, apply_change, encode_reason, read_cluster
from vard_http.raft import Change, Operation
from vard_http.store import Store


def reason(*peer_urls: str) -> bytes:
    return encode_reason(Reason(peer_urls))


def with_member() -> Store:
    store = Store()
    apply_change(store, Change("learn", 0xABC, reason("http://a:1")))
    return store


@pytest.mark.parametrize(
    ("change", "cost"),
    [
        (Change("learn", 0xDEF, reason("http://b:1")), 1),
        (Change("add", 0xABC), 0),
        (Change("update", 0xABC, reason("http://c:1")), 1),
        (Change("remove", 0xABC, reason()), 2),
    ],
)
def test_etcd_indexes_that_changes_take(change: Change, cost: int) -> None:
    store = with_member()
    before = store.index
    apply_change(store, change)
    assert store.index - before == cost


@pytest.mark.parametrize("operation", ["learn", "update", "remove"])
def test_every_change_of_members_moves_changed_at(operation: Operation) -> None:
    store = with_member()
    before = read_cluster(store).changed_at
    member = 0xDEF if operation == "learn" else 0xABC
    apply_change(store, Change(operation, member, reason("http://b:1")))
    assert read_cluster(store).changed_at > before


def test_a_removed_member_leaves_its_id_behind() -> None:
    store = with_member()
    apply_change(store, Change("remove", 0xABC, reason()))
    cluster = read_cluster(store)
    assert not cluster.members
    assert cluster.removed == {0xABC}


def test_peer_urls_are_what_the_last_change_said() -> None:
    store = with_member()
    apply_change(store, Change("update", 0xABC, reason("http://c:1", "http://d:1")))
    assert read_cluster(store).members[0xABC].peer_urls == ("http://c:1", "http://d:1")
