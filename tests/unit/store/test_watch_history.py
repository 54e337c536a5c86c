"""Watches from an index on (contract 10.3, 10.5)."""

from __future__ import annotations

import pytest

from tests.unit.store.support import NOW, store_with, watch
from vard_http.store import Store, StoreError


def test_the_first_match_from_the_index_on_is_the_answer_at_once() -> None:
    store = store_with(b"/1/a", b"/1/b", b"/1/a", b"/1/a")
    heard, watcher = watch(store, b"/1/a", since=2)
    assert [event.index for event in heard.events] == [3]
    assert watcher.start_index == 4
    assert not watcher.registered


def test_without_a_match_the_watch_waits() -> None:
    store = store_with(b"/1/a", b"/1/b")
    heard, watcher = watch(store, b"/1/a", since=2)
    assert watcher.registered
    store.set(b"/1/a", b"", now=NOW)
    assert [event.index for event in heard.events] == [3]


def test_an_index_in_the_future_ignores_what_comes_before_it() -> None:
    store = store_with(b"/1/a")
    heard, _ = watch(store, b"/1/a", since=4)
    for _ in range(4):
        store.set(b"/1/a", b"", now=NOW)
    assert [event.index for event in heard.events] == [4]


def test_the_very_first_event_can_be_waited_for_before_it_happens() -> None:
    store = Store()
    heard, _ = watch(store, b"/1/a", since=1)
    store.set(b"/1/a", b"", now=NOW)
    assert [event.index for event in heard.events] == [1]


def test_index_zero_is_no_index() -> None:
    store = store_with(b"/1/a")
    heard, _ = watch(store, b"/1/a", since=0)
    assert heard.events == []


def test_recursive_matches_below_and_hidden_names_too() -> None:
    store = store_with(b"/1/hx", b"/1/h/_x/y")
    heard, _ = watch(store, b"/1/h", recursive=True, since=1)
    assert heard.told == [("set", b"/1/h/_x/y")]


def test_recursive_on_the_root_skips_bookkeeping() -> None:
    store = store_with(b"/0/members/1", b"/1/a")
    heard, _ = watch(store, b"/1", recursive=True, since=1)
    assert heard.told == [("set", b"/1/a")]


@pytest.mark.parametrize("path", [b"/1/p", b"/1/p/q", b"/1/p/none", b"/1/px", b"/1/px/y"])
def test_the_removal_of_a_directory_matches_whatever_begins_like_it(path: bytes) -> None:
    store = store_with(b"/1/p/q")
    store.delete(b"/1/p", recursive=True, now=NOW)
    heard, _ = watch(store, path, since=2)
    assert heard.told == [("delete", b"/1/p")]


def test_the_expiry_of_a_directory_matches_like_its_deletion() -> None:
    store = Store()
    store.set(b"/1/p", b"", directory=True, expires=NOW, now=NOW)
    store.delete_expired(NOW)
    heard, _ = watch(store, b"/1/px", since=2)
    assert heard.told == [("expire", b"/1/p")]


def test_the_removal_of_a_file_matches_only_itself() -> None:
    store = store_with(b"/1/p")
    store.delete(b"/1/p", now=NOW)
    heard, watcher = watch(store, b"/1/px", since=2)
    assert heard.events == []
    assert watcher.registered


def test_a_stream_answered_from_history_hears_nothing_more() -> None:
    store = store_with(b"/1/a", b"/1/a")
    heard, _ = watch(store, b"/1/a", stream=True, since=1)
    store.set(b"/1/a", b"", now=NOW)
    assert [event.index for event in heard.events] == [1]


def test_a_stream_without_a_match_in_history_streams() -> None:
    store = store_with(b"/1/b")
    heard, _ = watch(store, b"/1/a", stream=True, since=1)
    store.set(b"/1/a", b"", now=NOW)
    store.set(b"/1/a", b"", now=NOW)
    assert [event.index for event in heard.events] == [2, 3]


def _store_at(index: int) -> Store:
    store = Store()
    for number in range(index):
        store.set(b"/1/%d" % number, b"", now=NOW)
    return store


@pytest.mark.parametrize(
    ("index", "oldest"), [(999, 1), (1000, 1), (1001, 2), (1003, 4), (2500, 1501)]
)
def test_history_holds_the_last_thousand_events(index: int, oldest: int) -> None:
    store = _store_at(index)
    heard, _ = watch(store, b"/1", recursive=True, since=oldest)
    assert [event.index for event in heard.events] == [oldest]
    if oldest > 1:
        with pytest.raises(StoreError) as refusal:
            watch(store, b"/1/any", since=oldest - 1)
        assert (refusal.value.code, refusal.value.index) == (401, index)
        assert refusal.value.cause == (
            b"the requested history has been cleared [%d/%d]" % (oldest, oldest - 1)
        )


def test_a_refused_watch_is_not_registered() -> None:
    store = _store_at(1001)
    with pytest.raises(StoreError):
        watch(store, b"/1/0", since=1)
    assert b'"watchers":0' in store.stats_json()
