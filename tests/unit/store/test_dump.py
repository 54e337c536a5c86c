"""Dumps, restores and digests."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.store.support import NOW, SECOND, Heard, commands, keys, run, store_with, watch
from vard_http.store import (
    Command,
    DumpError,
    ImageReader,
    Set,
    Store,
    digest,
    dump,
    load,
    write_image,
)
from vard_http.store.history import CAPACITY

logs = st.lists(commands, max_size=40)


def _bodies(store: Store) -> list[bytes]:
    return [event.to_json() for event in store.history.since(0)]


def _large_store() -> Store:
    """A store whose dump takes several chunks, of events and of nodes."""
    store = Store()
    for number in range(1200):
        store.set(b"/1/d%d/k%d" % (number % 7, number), b"x" * 200, now=NOW)
    return store


@settings(deadline=None)
@given(logs)
def test_a_loaded_store_is_the_dumped_one(log: list[Command]) -> None:
    store = Store()
    run(store, log)
    loaded = load(dump(store))
    assert digest(loaded) == digest(store)
    assert loaded.index == store.index
    assert loaded.stats == store.stats
    assert loaded.has_ttl == store.has_ttl
    assert _bodies(loaded) == _bodies(store)
    listing = store.get(b"/1", recursive=True, now=NOW).to_json()
    assert loaded.get(b"/1", recursive=True, now=NOW).to_json() == listing


@settings(deadline=None)
@given(logs, logs)
def test_a_loaded_store_goes_on_like_the_dumped_one(
    before: list[Command], after: list[Command]
) -> None:
    store = Store()
    run(store, before)
    loaded = load(dump(store))
    run(store, after)
    run(loaded, after)
    assert digest(loaded) == digest(store)
    assert _bodies(loaded) == _bodies(store)


@settings(deadline=None)
@given(logs, logs)
def test_a_dump_is_of_the_moment_it_began(before: list[Command], meanwhile: list[Command]) -> None:
    store = Store()
    run(store, before)
    expected = digest(store)
    chunks = dump(store)
    run(store, meanwhile)
    assert digest(load(chunks)) == expected


def test_writes_between_the_chunks_do_not_reach_the_dump() -> None:
    store = _large_store()
    expected = digest(store)
    chunks = []
    for number, chunk in enumerate(dump(store)):
        chunks.append(chunk)
        store.set(b"/1/d%d/k%d" % (number % 7, number), b"changed", now=NOW)
        store.set(b"/1/d%d/new%d" % (number % 7, number), b"", now=NOW)
        store.delete(b"/1/d%d/k%d" % (number % 7, 1050 + number), now=NOW)
        store.update(b"/1/d%d" % (number % 7), b"", expires=NOW + SECOND, now=NOW)
    assert len(chunks) > 5
    assert digest(load(chunks)) == expected
    assert digest(store) != expected


def test_two_dumps_may_overlap() -> None:
    store = _large_store()
    first, first_digest = dump(store), digest(store)
    store.set(b"/1/d0/k0", b"", now=NOW)
    second, second_digest = dump(store), digest(store)
    store.set(b"/1/d0/k0", b"again", now=NOW)
    assert digest(load(second)) == second_digest
    assert digest(load(first)) == first_digest


def test_chunks_are_of_moderate_size() -> None:
    sizes = [len(chunk) for chunk in dump(_large_store())]
    assert max(sizes) < 80 * 1024


def test_a_value_larger_than_a_chunk_is_dumped() -> None:
    store = Store()
    store.set(b"/1/big", b"x" * 300_000, now=NOW)
    assert digest(load(dump(store))) == digest(store)


def test_deep_trees_are_dumped() -> None:
    store = store_with(b"/1" + b"/d" * 3000)
    assert digest(load(dump(store))) == digest(store)


def test_order_of_insertion_survives() -> None:
    store = store_with(b"/1/c", b"/1/a/x", b"/1/b")
    assert keys(load(dump(store)).get(b"/1", now=NOW)) == ["/c", "/a", "/b"]


def test_history_refreshes_stay_untold() -> None:
    store = store_with(b"/1/l")
    store.update(b"/1/l", b"", expires=NOW + SECOND, refresh=True, now=NOW)
    heard, _ = watch(load(dump(store)), b"/1/l", since=2)
    assert heard.events == []


def _without(chunks: list[bytes], number: int) -> list[bytes]:
    return chunks[:number] + chunks[number + 1 :]


def _flipped(chunk: bytes, at: int) -> bytes:
    return chunk[:at] + bytes([chunk[at] ^ 1]) + chunk[at + 1 :]


def _damaged() -> list[tuple[str, list[bytes]]]:
    chunks = list(dump(_large_store()))
    last = len(chunks) - 1
    return [
        ("no chunks", []),
        ("without the head", chunks[1:]),
        ("without a middle chunk", _without(chunks, 4)),
        ("without the end", chunks[:-1]),
        ("chunks swapped", [chunks[0], chunks[2], chunks[1], *chunks[3:]]),
        ("chunks of nodes swapped", [*chunks[:-3], chunks[-2], chunks[-3], chunks[last]]),
        ("a chunk twice", [*chunks[:3], chunks[2], *chunks[3:]]),
        ("something after the end", [*chunks, chunks[last]]),
        ("a flipped checksum bit", [_flipped(chunks[0], 0), *chunks[1:]]),
        ("a flipped body bit", [*chunks[:last], _flipped(chunks[last], -1)]),
        ("a flipped value bit", [*chunks[:-2], _flipped(chunks[-2], 500), chunks[last]]),
        ("a chunk cut short", [*chunks[:2], chunks[2][:-1], *chunks[3:]]),
        ("an empty chunk", [*chunks[:2], b"", *chunks[2:]]),
        ("not a dump", [b"something else entirely"]),
    ]


@pytest.mark.parametrize("chunks", [pytest.param(row[1], id=row[0]) for row in _damaged()])
def test_damage_is_noticed_and_the_store_stays_as_it_was(chunks: list[bytes]) -> None:
    store = store_with(b"/1/mine")
    before = digest(store)
    with pytest.raises(DumpError):
        store.restore(chunks)
    assert digest(store) == before


def test_a_history_that_does_not_lead_up_to_the_index_is_refused() -> None:
    image = store_with(b"/1/a", b"/1/b").freeze()
    image.history.pop()
    with pytest.raises(DumpError):
        Store().restore(write_image(image))


def test_a_dump_can_be_read_chunk_by_chunk() -> None:
    store = _large_store()
    reader = ImageReader()
    for chunk in dump(store):
        reader.feed(chunk)
    other = Store()
    other.adopt(reader.finish())
    assert digest(other) == digest(store)


def test_restored_stores_keep_their_watchers() -> None:
    ahead = store_with(b"/1/a")
    behind = Store()
    heard, watcher = watch(behind, b"/1/later", since=5)
    behind.restore(dump(ahead))
    assert watcher.registered
    assert b'"watchers":1' in behind.stats_json()
    for _ in range(5):
        behind.set(b"/1/later", b"", now=NOW)
    assert [event.index for event in heard.events] == [5]


def test_watchers_are_told_what_was_missed() -> None:
    ahead = store_with(b"/1/a", b"/1/p/q")
    behind = load(dump(ahead))
    ahead.set(b"/1/a", b"2", now=NOW)
    ahead.set(b"/1/a", b"3", now=NOW)
    ahead.update(b"/1/a", b"", expires=NOW + SECOND, refresh=True, now=NOW)
    ahead.delete(b"/1/p", recursive=True, now=NOW)
    one_shot, _ = watch(behind, b"/1/a")
    stream, _ = watch(behind, b"/1", recursive=True, stream=True)
    below, _ = watch(behind, b"/1/p/q")
    behind.restore(dump(ahead))
    assert [event.index for event in one_shot.events] == [3]
    assert [event.index for event in stream.events] == [3, 4, 6]
    assert below.told == [("delete", b"/1/p")]


def test_watchers_who_may_have_missed_what_the_history_forgot_are_ended() -> None:
    ahead = store_with(b"/1/a")
    behind = load(dump(ahead))
    for _ in range(CAPACITY + 1):
        ahead.set(b"/1/b", b"", now=NOW)
    ended: list[str] = []
    heard = Heard()
    for name, since in (("now", 0), ("later", ahead.history.start_index)):
        behind.watch(
            b"/1/b", stream=True, since=since, deliver=heard, ended=partial(ended.append, name)
        )
    behind.restore(dump(ahead))
    assert ended == ["now"]
    assert behind.watchers == 1
    assert len(heard.events) == CAPACITY


def test_counters_come_from_the_dump() -> None:
    store = store_with(b"/1/a")
    behind = Store()
    behind.auth_enabled()
    behind.restore(dump(store))
    assert behind.stats == store.stats
    store.set(b"/1/b", b"", now=NOW)
    assert behind.stats.sets_success == 1


@pytest.mark.parametrize(
    "difference",
    [
        Set(NOW, b"/1/new", b""),
        Set(NOW, b"/1/a", b"other"),
        Set(NOW, b"/1/a", b"v"),
        Set(NOW, b"/1/a", b"", directory=True),
        Set(NOW, b"/1/a", b"v", expires=NOW + SECOND),
    ],
)
def test_the_digest_tells_stores_apart(difference: Set) -> None:
    one, other = store_with(b"/1/a", b"/1/b"), store_with(b"/1/a", b"/1/b")
    assert digest(one) == digest(other)
    run(other, [difference])
    one.set(b"/1/b", b"v", now=NOW)
    assert one.index == other.index
    assert digest(one) != digest(other)


def test_the_digest_looks_neither_at_counters_nor_at_order_of_insertion() -> None:
    one = store_with(b"/1/x", b"/1/y", b"/1/x", b"/1/x")
    other = store_with(b"/1/x", b"/1/y")
    other.delete(b"/1/x", now=NOW)
    other.set(b"/1/x", b"v", now=NOW)
    assert one.stats != other.stats
    assert keys(one.get(b"/1", now=NOW)) != keys(other.get(b"/1", now=NOW))
    assert digest(one) == digest(other)
