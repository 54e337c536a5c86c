"""refresh=true (contract 9)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.store.support import NOW, SECOND, shown, watch
from vard_http.store import Event, Store

LATER = NOW + 60 * SECOND

REFRESHES: dict[str, Callable[[Store], Event]] = {
    "set": lambda s: s.set(b"/1/l", b"", expires=LATER, refresh=True, now=NOW),
    "update": lambda s: s.update(b"/1/l", b"", expires=LATER, refresh=True, now=NOW),
    "compareAndSwap": lambda s: s.compare_and_swap(
        b"/1/l", b"", prev_value=b"mine", expires=LATER, refresh=True, now=NOW
    ),
}
refreshes = pytest.mark.parametrize("action", list(REFRESHES))


def _store() -> Store:
    store = Store()
    store.set(b"/1/l", b"mine", expires=NOW + 5 * SECOND, now=NOW)
    return store


@refreshes
def test_a_refresh_keeps_the_value_and_moves_the_expiry(action: str) -> None:
    body = shown(REFRESHES[action](_store()))
    assert (body["action"], body["node"]["value"], body["node"]["ttl"]) == (action, "mine", 60)
    assert (body["prevNode"]["value"], body["prevNode"]["ttl"]) == ("mine", 5)
    assert "refresh" not in body


@refreshes
def test_only_the_set_form_changes_created_index(action: str) -> None:
    event = REFRESHES[action](_store())
    assert shown(event)["node"]["createdIndex"] == (2 if action == "set" else 1)
    assert not event.is_new


@refreshes
def test_a_refresh_takes_an_index_but_no_watcher_is_told(action: str) -> None:
    store = _store()
    live, watcher = watch(store, b"/1/l", stream=True)
    REFRESHES[action](store)
    assert store.index == 2
    assert live.events == []
    assert watcher.registered

    past, _ = watch(store, b"/1/l", since=2)
    assert past.events == []


def test_the_expiry_after_a_refresh_is_told_and_is_the_new_one() -> None:
    store = _store()
    REFRESHES["update"](store)
    heard, _ = watch(store, b"/1/l")
    assert store.delete_expired(NOW + 6 * SECOND) == []
    store.delete_expired(LATER)
    assert heard.told == [("expire", b"/1/l")]


def test_update_refreshes_directories() -> None:
    store = Store()
    store.set(b"/1/d", b"", directory=True, expires=NOW + 5 * SECOND, now=NOW)
    event = store.update(b"/1/d", b"", expires=LATER, refresh=True, now=NOW)
    assert shown(event)["node"] == {
        "key": "/d",
        "dir": True,
        "expiration": "2025-11-24T16:01:00Z",
        "ttl": 60,
        "modifiedIndex": 2,
        "createdIndex": 1,
    }


def test_a_write_that_is_no_refresh_empties_the_value() -> None:
    event = _store().update(b"/1/l", b"", expires=LATER, now=NOW)
    assert shown(event)["node"]["value"] == ""
