"""Entries of etcd's log do to our store what they did to etcd's."""

from __future__ import annotations

import pytest

from tests.unit.store.support import NOW
from tests.unit.transfer.test_wal import message
from vard_http.node.cluster import read_cluster
from vard_http.store import (
    Command,
    CompareAndDelete,
    CompareAndSwap,
    Create,
    Delete,
    Node,
    QuorumGet,
    Set,
    Store,
    Sync,
    Update,
)
from vard_http.transfer.errors import TransferError
from vard_http.transfer.etcd.protobuf import Message
from vard_http.transfer.etcd.requests import Replay, command_of
from vard_http.transfer.etcd.wal import CONFIGURATION, NORMAL, Entry

K = b"/1/k"


def put(**fields: int | bytes) -> bytes:
    usual: dict[str, int | bytes] = {"f1": 9, "f2": b"PUT", "f3": K, "f4": b"v"}
    return message(**usual | fields)


@pytest.mark.parametrize(
    ("request_data", "command"),
    [
        (put(), Set(NOW, K, b"v", False, 0, False)),
        (put(f5=1, f9=77), Set(NOW, K, b"v", True, 77, False)),
        (put(f17=1), Set(NOW, K, b"v", False, 0, True)),
        (put(f8=0), Create(NOW, K, b"v", False, False, 0)),
        (put(f8=0, f6=b"p", f7=3), Create(NOW, K, b"v", False, False, 0)),
        (put(f8=1), Update(NOW, K, b"v", 0, False)),
        (put(f8=1, f6=b"p"), CompareAndSwap(NOW, K, b"v", b"p", 0, 0, False)),
        (put(f7=3), CompareAndSwap(NOW, K, b"v", b"", 3, 0, False)),
        (put(f2=b"POST"), Create(NOW, K, b"v", False, True, 0)),
        (put(f2=b"DELETE", f5=1, f12=1), Delete(NOW, K, True, True)),
        (put(f2=b"DELETE", f6=b"p"), CompareAndDelete(NOW, K, b"p", 0)),
        (put(f2=b"QGET", f12=1, f13=1), QuorumGet(NOW, K, True, True)),
        (put(f2=b"SYNC", f15=5), Sync(5)),
        (put(f3=b"/2/users/"), Set(NOW, b"/2/users", b"v", False, 0, False)),
        (put(f9=(1 << 64) - 5), Set(NOW, K, b"v", False, -5, False)),
    ],
)
def test_a_request_becomes_the_command_etcd_would_carry_out(
    request_data: bytes, command: Command
) -> None:
    assert command_of(Message(request_data), NOW) == command


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(TransferError, match="unknown method b'PATCH'"):
        command_of(Message(put(f2=b"PATCH")), NOW)


def replayed(*entries: tuple[int, bytes]) -> tuple[Store, Replay]:
    store = Store()
    replay = Replay(store)
    replay.run([Entry(i, 1, kind, data) for i, (kind, data) in enumerate(entries, 1)])
    return store, replay


def value(store: Store, path: bytes) -> bytes | None:
    node = store.peek(path)
    return node.value if isinstance(node, Node) else None


def test_requests_are_found_plain_and_wrapped() -> None:
    store, replay = replayed(
        (NORMAL, b""),
        (NORMAL, put()),
        (NORMAL, message(f1=4, f2=put(f3=b"/1/wrapped"), f100=b"")),
    )
    assert value(store, K) == value(store, b"/1/wrapped") == b"v"
    assert replay.v3_writes == 0


def test_writes_of_the_v3_api_are_counted_and_left_out() -> None:
    store, replay = replayed((NORMAL, message(f1=4, f4=b"")), (NORMAL, message(f1=4, f8=b"")))
    assert store.index == 0
    assert replay.v3_writes == 1


def add(member: int, url: str) -> tuple[int, bytes]:
    context = f'{{"id":{member},"peerURLs":["{url}"]}}'.encode()
    return CONFIGURATION, message(f1=1, f2=0, f3=member, f4=context)


def test_changes_of_members_cost_what_they_cost_etcd() -> None:
    move = message(f1=1, f2=2, f3=0xB, f4=b'{"id":11,"peerURLs":["http://c:1"]}')
    remove = message(f1=1, f2=1, f3=0xA)
    store, _ = replayed(add(0xA, "http://a:1"), add(0xB, "http://b:1"), (CONFIGURATION, move))
    assert store.index == 3
    store, _ = replayed(
        add(0xA, "http://a:1"),
        add(0xB, "http://b:1"),
        (CONFIGURATION, move),
        (CONFIGURATION, remove),
    )
    cluster = read_cluster(store)
    assert store.index == 5
    assert {id: member.peer_urls for id, member in cluster.members.items()} == {
        0xB: ("http://c:1",)
    }
    assert cluster.removed == {0xA}


@pytest.mark.parametrize(
    "change",
    [
        add(0xA, "http://other:1"),
        add(0xB, "http://a:1"),
        (CONFIGURATION, message(f1=1, f2=1, f3=0xC)),
        (CONFIGURATION, message(f1=1, f2=2, f3=0xC, f4=b'{"peerURLs":[]}')),
    ],
    ids=["known", "same url", "remove unknown", "move unknown"],
)
def test_changes_that_etcd_refused_cost_nothing(change: tuple[int, bytes]) -> None:
    store, _ = replayed(add(0xA, "http://a:1"), change)
    assert store.index == 1


def test_attributes_of_a_removed_member_are_passed_over() -> None:
    attributes = put(f3=b"/0/members/a/attributes", f4=b'{"name":"n"}')
    store, _ = replayed((NORMAL, attributes))
    assert store.index == 0
    store, _ = replayed(add(0xA, "http://a:1"), (NORMAL, attributes))
    assert read_cluster(store).members[0xA].name == "n"


def test_etcd_3_5_publishes_attributes_and_version_by_requests_of_their_own() -> None:
    published = message(f1=0xA, f2=message(f1=b"n", f2=b"http://a:2"))
    store, _ = replayed(
        add(0xA, "http://a:1"),
        (NORMAL, message(f1301=published)),
        (NORMAL, message(f1300=message(f1=b"3.5.0"))),
    )
    cluster = read_cluster(store)
    assert cluster.members[0xA].client_urls == ("http://a:2",)
    assert cluster.version == "3.5.0"
    assert store.index == 3


def test_events_are_dated_by_the_next_sync() -> None:
    store, _ = replayed((NORMAL, put()), (NORMAL, put(f2=b"SYNC", f15=55)), (NORMAL, put()))
    assert [event.now for event in store.history.since(0)] == [55, 55]


def test_a_ttl_that_no_sync_dates_is_not_shown() -> None:
    store, _ = replayed((NORMAL, put(f9=NOW)))
    (event,) = store.history.since(0)
    assert b'"expiration"' in event.to_json()
    assert b'"ttl"' not in event.to_json()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (2, b""),
        (NORMAL, b"\xff"),
        (NORMAL, message(f2=b"PUT", f3=0, f4=b"v")),
        (NORMAL, message(f2=b"SYNC", f15=b"soon")),
        (NORMAL, message(f1301=message(f1=b"x"))),
        (CONFIGURATION, message(f2=0, f3=1, f4=b"no JSON")),
        (CONFIGURATION, message(f2=0, f3=1, f4=b'{"peerURLs":[[]]}')),
        (CONFIGURATION, message(f2=0, f3=1, f4=b'{"peerURLs":{"a":1}}')),
    ],
)
def test_entries_that_no_etcd_writes_are_refused(kind: int, data: bytes) -> None:
    with pytest.raises(TransferError, match="entry 1 of etcd's log cannot be understood"):
        replayed((kind, data))
