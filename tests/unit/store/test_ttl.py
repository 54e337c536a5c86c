"""Expiry: arithmetic, order, what goes with what (contract 8)."""

from __future__ import annotations

import pytest

from tests.unit.store.support import NOW, SECOND, shown, store_with
from vard_http.store import Store, StoreError, expiration
from vard_http.store.ttl import TTLIndex, remaining

YEAR_2000 = 946_684_800 * SECOND


def _store_with_ttl(expires: int) -> Store:
    store = Store()
    store.set(b"/1/t", b"", expires=expires, now=NOW)
    return store


@pytest.mark.parametrize(
    ("ttl", "from_now"),
    [
        (0, 0),
        (3, 3 * SECOND),
        (9_223_372_036, 9_223_372_036 * SECOND - 2**64),
        (2**64 - 1, -SECOND),
    ],
)
def test_expiration_wraps_as_int64(ttl: int, from_now: int) -> None:
    assert expiration(NOW, ttl) == NOW + from_now


@pytest.mark.parametrize(
    ("left", "ttl"),
    [
        (3 * SECOND, 3),
        (3 * SECOND - 1, 3),
        (2 * SECOND + 1, 3),
        (1, 1),
        (0, 0),
        (-1, 0),
        (1 - SECOND, 0),
        (-SECOND, -1),
        (-2 * SECOND + 1, -1),
        (-(2**63) - 5, -9_223_372_036),
        (2**63 + 5, 9_223_372_037),
    ],
)
def test_the_seconds_left_are_rounded_up(left: int, ttl: int) -> None:
    assert remaining(NOW + left, NOW) == ttl


def test_ttl_zero_shows_an_expiration_but_no_ttl() -> None:
    node = shown(_store_with_ttl(expiration(NOW, 0)).get(b"/1/t", now=NOW))["node"]
    assert "expiration" in node
    assert "ttl" not in node


def test_an_overdue_node_is_readable_with_a_negative_ttl() -> None:
    store = _store_with_ttl(NOW + SECOND)
    assert shown(store.get(b"/1/t", now=NOW + 3 * SECOND))["node"]["ttl"] == -2


@pytest.mark.parametrize("expires", [YEAR_2000 - 1, -1, expiration(NOW, 9_223_372_036)])
def test_set_and_create_take_a_time_before_2000_for_no_ttl(expires: int) -> None:
    store = store_with(b"/1/f")
    events = [
        store.set(b"/1/s", b"", expires=expires, now=NOW),
        store.create(b"/1/c", b"", expires=expires, now=NOW),
        store.create(b"/1/q", b"", in_order=True, expires=expires, now=NOW),
    ]
    assert all("expiration" not in shown(event)["node"] for event in events)
    assert not store.has_ttl


def test_set_takes_the_first_moment_of_2000_as_it_is() -> None:
    assert _store_with_ttl(YEAR_2000).has_ttl


def test_update_and_compare_and_swap_use_a_wrapped_time_as_it_is() -> None:
    store = store_with(b"/1/u", b"/1/c")
    wrapped = expiration(NOW, 9_223_372_036)
    events = [
        store.update(b"/1/u", b"", expires=wrapped, now=NOW),
        store.compare_and_swap(b"/1/c", b"", prev_index=2, expires=wrapped, now=NOW),
    ]
    for event in events:
        assert shown(event)["node"]["ttl"] == -9_223_372_036
        assert shown(event)["node"]["expiration"].startswith("1733-")
    assert len(store.delete_expired(NOW)) == 2


def test_what_is_due_at_the_cutoff_expires_and_what_is_due_later_stays() -> None:
    store = _store_with_ttl(NOW + SECOND)
    assert store.delete_expired(NOW + SECOND - 1) == []
    assert [event.path for event in store.delete_expired(NOW + SECOND)] == [b"/1/t"]
    assert not store.has_ttl


def test_due_nodes_expire_in_order_of_time_and_then_of_path_at_one_index_each() -> None:
    store = Store()
    for name, seconds in ((b"c", 2), (b"b", 1), (b"d", 3), (b"a", 2)):
        store.set(b"/1/" + name, b"", expires=NOW + seconds * SECOND, now=NOW)
    events = store.delete_expired(NOW + 5 * SECOND)
    assert [(event.path, event.index) for event in events] == [
        (b"/1/b", 5),
        (b"/1/a", 6),
        (b"/1/c", 7),
        (b"/1/d", 8),
    ]


def test_a_directory_expires_with_all_below_it_in_one_event() -> None:
    store = Store()
    store.set(b"/1/d", b"", directory=True, expires=NOW + SECOND, now=NOW)
    store.set(b"/1/d/e/f", b"", expires=NOW + 2 * SECOND, now=NOW)
    events = store.delete_expired(NOW + 9 * SECOND)
    assert [event.path for event in events] == [b"/1/d"]
    assert shown(events[0])["node"] == {
        "key": "/d",
        "dir": True,
        "modifiedIndex": 3,
        "createdIndex": 1,
    }
    assert not store.has_ttl
    with pytest.raises(StoreError):
        store.get(b"/1/d", now=NOW)


def test_the_expiry_of_a_child_leaves_its_parents() -> None:
    store = Store()
    store.set(b"/1/d/t", b"", expires=NOW, now=NOW)
    store.delete_expired(NOW)
    assert store.peek(b"/1/d") is not None


def test_a_later_write_decides_about_the_ttl() -> None:
    store = _store_with_ttl(NOW + SECOND)
    store.update(b"/1/t", b"", expires=NOW + 5 * SECOND, now=NOW)
    assert store.delete_expired(NOW + 2 * SECOND) == []
    store.update(b"/1/t", b"", now=NOW)
    assert not store.has_ttl
    assert store.delete_expired(NOW + 9 * SECOND) == []


def test_a_deleted_node_takes_its_ttl_along() -> None:
    store = _store_with_ttl(NOW + SECOND)
    store.delete(b"/1/t", now=NOW)
    store.set(b"/1/t", b"", now=NOW)
    assert not store.has_ttl
    assert store.delete_expired(NOW + 9 * SECOND) == []


def test_a_ttl_of_a_directory_survives_writes_below_it() -> None:
    store = Store()
    store.set(b"/1/d", b"", directory=True, expires=NOW + SECOND, now=NOW)
    store.set(b"/1/d/a", b"", now=NOW)
    assert [event.path for event in store.delete_expired(NOW + SECOND)] == [b"/1/d"]


def test_a_path_refreshed_many_times_does_not_fill_the_index() -> None:
    index = TTLIndex()
    for expires in range(1, 10_000):
        index.set(b"/1/lock", expires)
        index.set(b"/1/%d" % expires, expires)
        index.discard(b"/1/%d" % expires)
    assert len(index) == 1
    assert len(index._heap) < 200
    assert index.pop_due(9_998) is None
    assert index.pop_due(9_999) == b"/1/lock"
    assert index.pop_due(9_999) is None
