"""Who is told of events as they happen (contract 10.1, 10.2, 10.4, 10.6)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.unit.store.support import NOW, Heard, store_with, watch
from vard_http.store import Event, Store

Write = Callable[[Store], Event]


def _set(path: bytes) -> Write:
    return lambda store: store.set(path, b"", now=NOW)


def _delete(path: bytes) -> Write:
    return lambda store: store.delete(path, recursive=True, now=NOW)


# What was there before, the watched path, whether recursive, the write, whether it is heard.
LIVE: list[tuple[str, list[bytes], bytes, bool, Write, bool]] = [
    ("own key", [], b"/1/a", False, _set(b"/1/a"), True),
    ("own key, recursive", [], b"/1/a", True, _set(b"/1/a"), True),
    ("other key", [], b"/1/a", True, _set(b"/1/b"), False),
    ("sibling with the same beginning", [], b"/1/a", True, _set(b"/1/ab"), False),
    ("child", [], b"/1/a", False, _set(b"/1/a/b"), False),
    ("child, recursive", [], b"/1/a", True, _set(b"/1/a/b"), True),
    ("grandchild, recursive", [], b"/1/a", True, _set(b"/1/a/b/c"), True),
    ("anything, recursive on the root", [], b"/1", True, _set(b"/1/a"), True),
    ("bookkeeping, recursive on the root", [], b"/1", True, _set(b"/0/members"), False),
    ("hidden child, recursive", [], b"/1/a", True, _set(b"/1/a/_x"), False),
    ("below a hidden child, recursive", [], b"/1/a", True, _set(b"/1/a/_x/y"), False),
    ("hidden on the root, recursive", [], b"/1", True, _set(b"/1/_x"), False),
    ("underscore inside a name", [], b"/1/a", True, _set(b"/1/a/x_y"), True),
    ("own hidden key", [], b"/1/_a", False, _set(b"/1/_a"), True),
    ("below own hidden key", [], b"/1/_a", True, _set(b"/1/_a/b"), True),
    ("hidden below own hidden key", [], b"/1/_a", True, _set(b"/1/_a/_b"), False),
    ("ancestor created", [], b"/1/a/b", True, _set(b"/1/a"), False),
    ("ancestor deleted", [b"/1/a/b"], b"/1/a/b", False, _delete(b"/1/a"), True),
    ("ancestor deleted, recursive", [b"/1/a/b/c"], b"/1/a/b", True, _delete(b"/1/a"), True),
    ("ancestor of hidden deleted", [b"/1/a/_b"], b"/1/a/_b", False, _delete(b"/1/a"), True),
    ("missing below the deleted", [b"/1/a/b"], b"/1/a/c", True, _delete(b"/1/a"), False),
    ("missing below a file of it", [b"/1/a/b"], b"/1/a/b/c", True, _delete(b"/1/a"), False),
    ("name that begins like it", [b"/1/a/b", b"/1/ab"], b"/1/ab", True, _delete(b"/1/a"), False),
    ("descendant deleted", [b"/1/a/b"], b"/1/a", False, _delete(b"/1/a/b"), False),
    ("descendant deleted, recursive", [b"/1/a/b"], b"/1/a", True, _delete(b"/1/a/b"), True),
    ("hidden deleted, recursive", [b"/1/a/_b"], b"/1/a", True, _delete(b"/1/a/_b"), False),
]


@pytest.mark.parametrize(
    ("before", "path", "recursive", "write", "heard"),
    [pytest.param(*row[1:], id=row[0]) for row in LIVE],
)
def test_who_hears_what(
    before: list[bytes], path: bytes, recursive: bool, write: Write, heard: bool
) -> None:
    store = store_with(*before)
    receiver, watcher = watch(store, path, recursive=recursive)
    event = write(store)
    assert receiver.events == ([event] if heard else [])
    assert watcher.registered is not heard


def test_an_update_of_a_directory_s_ttl_tells_its_watcher() -> None:
    store = store_with(directories=(b"/1/d",))
    heard, _ = watch(store, b"/1/d")
    store.update(b"/1/d", b"", now=NOW)
    assert heard.told == [("update", b"/1/d")]


def test_a_one_shot_watcher_hears_one_event_even_when_it_is_in_and_above_the_removed() -> None:
    store = store_with(b"/1/p/q")
    on_it, _ = watch(store, b"/1/p", recursive=True)
    in_it, _ = watch(store, b"/1/p/q")
    above, _ = watch(store, b"/1", recursive=True)
    store.delete(b"/1/p", recursive=True, now=NOW)
    assert [len(heard.events) for heard in (on_it, in_it, above)] == [1, 1, 1]


REMOVALS: dict[str, Callable[[Store], object]] = {
    "delete": lambda s: s.delete(b"/1/p/k", now=NOW),
    "compareAndDelete": lambda s: s.compare_and_delete(b"/1/p/k", prev_index=1, now=NOW),
    "expire": lambda s: s.delete_expired(NOW),
}


@pytest.mark.parametrize("action", list(REMOVALS))
def test_a_stream_on_the_removed_key_hears_it_twice_and_one_above_once(action: str) -> None:
    store = Store()
    store.set(b"/1/p/k", b"", expires=NOW, now=NOW)
    on_it, _ = watch(store, b"/1/p/k", stream=True)
    above, _ = watch(store, b"/1/p", recursive=True, stream=True)
    REMOVALS[action](store)
    assert on_it.told == [(action, b"/1/p/k")] * 2
    assert above.told == [(action, b"/1/p/k")]


def test_a_stream_below_the_removed_directory_hears_it_once() -> None:
    store = store_with(b"/1/p/k")
    below, _ = watch(store, b"/1/p/k", stream=True)
    store.delete(b"/1/p", recursive=True, now=NOW)
    assert below.told == [("delete", b"/1/p")]


def test_a_stream_on_a_file_that_set_replaces_hears_it_once() -> None:
    store = store_with(b"/1/k")
    heard, _ = watch(store, b"/1/k", stream=True)
    store.set(b"/1/k", b"", now=NOW)
    assert heard.told == [("set", b"/1/k")]


def test_a_stream_goes_on_until_it_is_cancelled() -> None:
    store = Store()
    heard, watcher = watch(store, b"/1/k", stream=True)
    for _ in range(3):
        store.set(b"/1/k", b"", now=NOW)
    watcher.cancel()
    watcher.cancel()
    store.set(b"/1/k", b"", now=NOW)
    assert [event.index for event in heard.events] == [1, 2, 3]
    assert not watcher.registered


def test_the_start_index_is_that_of_registration() -> None:
    store = store_with(b"/1/a", b"/1/b")
    _, watcher = watch(store, b"/1/none")
    store.set(b"/1/none", b"", now=NOW)
    assert watcher.start_index == 2


def test_all_watchers_share_the_writer_s_event_and_its_body() -> None:
    store = Store()
    receivers = [watch(store, b"/1/k")[0] for _ in range(3)]
    event = store.set(b"/1/k", b"v", now=NOW)
    body = event.to_json()
    assert all(heard.events[0] is event for heard in receivers)
    assert all(heard.events[0].to_json() is body for heard in receivers)


def test_watchers_of_one_key_are_told_in_order_of_registration() -> None:
    store = Store()
    order: list[int] = []

    def remember(number: int, event: Event) -> bool:
        order.append(number)
        return True

    for number in range(5):
        store.watch(b"/1/k", deliver=partial(remember, number))
    store.set(b"/1/k", b"", now=NOW)
    assert order == [0, 1, 2, 3, 4]


def test_a_stream_that_can_take_no_more_is_dropped_silently() -> None:
    store = Store()
    heard = Heard(room=2)
    watcher = store.watch(b"/1/k", stream=True, deliver=heard)
    for _ in range(4):
        store.set(b"/1/k", b"", now=NOW)
    heard.room = 9
    store.set(b"/1/k", b"", now=NOW)
    assert [event.index for event in heard.events] == [1, 2]
    assert not watcher.registered


def test_a_stream_that_fills_up_between_the_two_tellings_of_a_removal_is_dropped() -> None:
    store = store_with(b"/1/k")
    watcher = store.watch(b"/1/k", stream=True, deliver=Heard(room=1))
    store.delete(b"/1/k", now=NOW)
    assert not watcher.registered


@pytest.mark.parametrize("stream", [False, True])
def test_a_receiver_that_raises_is_dropped_and_reported_and_the_others_hear(stream: bool) -> None:
    store = Store()
    failures: list[Exception] = []
    store.on_deliver_error(failures.append)

    def fail(event: Event) -> bool:
        raise OSError("gone")

    broken = store.watch(b"/1/k", stream=stream, deliver=fail)
    heard, _ = watch(store, b"/1/k")
    event = store.set(b"/1/k", b"v", now=NOW)

    assert heard.events == [event]
    assert not broken.registered
    assert [str(failure) for failure in failures] == ["gone"]
    assert store.index == 1


def test_a_receiver_may_cancel_others_and_watch_again() -> None:
    store = Store()
    again = Heard()
    victim_heard = Heard()

    def meddle(event: Event) -> bool:
        victim.cancel()
        store.watch(b"/1/k", deliver=again)
        return True

    store.watch(b"/1/k", deliver=meddle)
    victim = store.watch(b"/1/k", deliver=victim_heard)
    store.set(b"/1/k", b"", now=NOW)
    assert victim_heard.events == []
    assert again.events == []
    store.set(b"/1/k", b"", now=NOW)
    assert [event.index for event in again.events] == [2]


def test_a_removed_watcher_lets_go_of_its_receiver() -> None:
    store = Store()
    _, one_shot = watch(store, b"/1/k")
    _, cancelled = watch(store, b"/1/k")
    _, from_history = watch(store_with(b"/1/k"), b"/1/k", since=1)
    cancelled.cancel()
    store.set(b"/1/k", b"", now=NOW)
    assert [w.deliver for w in (one_shot, cancelled, from_history)] == [None, None, None]
