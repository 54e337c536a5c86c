"""Requests of vard's clients: VarD.v's handler on etcd's tree, and Raft.v's cache of outputs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.store.support import NOW, SECOND, Heard, client_requests, run, store_with
from vard_http.store import (
    MAX_VALUE,
    ClientCache,
    ClientRequest,
    Command,
    Node,
    Operation,
    Output,
    Refusal,
    Store,
    apply,
    digest,
    dump,
    is_word,
    load,
)
from vard_http.store.clients import CACHE_BYTES, CAPACITY

ALICE, BOB = b"a" * 16, b"b" * 16


def ask(
    store: Store,
    operation: Operation,
    key: bytes,
    value: bytes = b"",
    expected: bytes | None = None,
    *,
    number: int = 1,
    client: bytes = ALICE,
) -> Output:
    """The saved output after a request."""
    apply(store, ClientRequest(NOW, client, number, operation, key, value, expected))
    last = store.clients.last(client)
    assert last is not None
    return last.output


def value_of(store: Store, path: bytes) -> bytes | None:
    node = store.peek(path)
    return node.value if isinstance(node, Node) else None


@pytest.mark.parametrize(
    ("present", "operation", "value", "expected", "after"),
    [
        (None, "get", b"", None, None),
        (b"x", "get", b"", None, b"x"),
        (None, "put", b"y", None, b"y"),
        (b"x", "put", b"y", None, b"y"),
        (None, "del", b"", None, None),
        (b"x", "del", b"", None, None),
        (None, "cas", b"y", None, b"y"),
        (b"x", "cas", b"y", None, b"x"),
        (None, "cas", b"y", b"x", None),
        (b"x", "cas", b"y", b"x", b"y"),
        (b"x", "cas", b"y", b"z", b"x"),
        (None, "cad", b"", b"x", None),
        (b"x", "cad", b"", b"x", None),
        (b"x", "cad", b"", b"z", b"x"),
        (b"-", "cas", b"y", None, b"-"),
        (b"-", "cad", b"", b"-", None),
    ],
)
def test_a_request_does_what_vard_does(
    present: bytes | None,
    operation: Operation,
    value: bytes,
    expected: bytes | None,
    after: bytes | None,
) -> None:
    store = Store()
    if present is not None:
        store.set(b"/1/k", present, now=NOW)
    assert ask(store, operation, b"k", value, expected) == Output(b"k", after, present)
    assert value_of(store, b"/1/k") == after


@pytest.mark.parametrize(
    ("key", "path"),
    [
        (b"k", b"/1/k"),
        (b"/k", b"/1/k"),
        (b"a/b", b"/1/a/b"),
        (b"//a//b/", b"/1/a/b"),
        (b"-", b"/1/-"),
    ],
)
def test_a_key_is_the_file_of_that_name(key: bytes, path: bytes) -> None:
    store = Store()
    assert ask(store, "put", key, b"x") == Output(key, b"x", None)
    assert value_of(store, path) == b"x"


@pytest.mark.parametrize(
    ("operation", "value", "expected", "refusal"),
    [
        ("get", b"", None, Refusal.NONE),
        ("del", b"", None, Refusal.NONE),
        ("cad", b"", b"x", Refusal.NONE),
        ("cas", b"y", b"x", Refusal.NONE),
        ("put", b"y", None, Refusal.DIRECTORY),
        ("cas", b"y", None, Refusal.DIRECTORY),
    ],
)
@pytest.mark.parametrize("key", [b"d", b"/"])
def test_a_directory_is_no_key_and_cannot_become_one(
    key: bytes, operation: Operation, value: bytes, expected: bytes | None, refusal: Refusal
) -> None:
    store = store_with(b"/1/d/f")
    before = digest(store)
    assert ask(store, operation, key, value, expected) == Output(key, None, None, refusal)
    store.clients = ClientCache()
    assert digest(store) == before


def test_there_is_no_key_below_a_key() -> None:
    store = store_with(b"/1/f")
    assert ask(store, "get", b"f/g") == Output(b"f/g", None, None)
    refused = ask(store, "put", b"f/g", b"x", number=2)
    assert refused == Output(b"f/g", None, None, Refusal.BELOW_A_KEY)


@pytest.mark.parametrize("foreign", [b"", b"a b", b"a_b", b"\xff", b"--", b"x" * (MAX_VALUE + 1)])
@pytest.mark.parametrize("operation", ["get", "put", "del", "cas", "cad"])
def test_a_value_that_vard_cannot_tell_stays_as_it_is(operation: Operation, foreign: bytes) -> None:
    store = store_with()
    store.set(b"/1/k", foreign, now=NOW)
    output = ask(store, operation, b"k", b"x", b"x")
    assert output == Output(b"k", None, None, Refusal.FOREIGN_VALUE)
    assert value_of(store, b"/1/k") == foreign


@pytest.mark.parametrize("word", [b"a", b"0/Z", b"-", b"x" * MAX_VALUE])
def test_words_are_what_vards_alphabet_can_say(word: bytes) -> None:
    assert is_word(word)


def test_a_write_ends_a_ttl_and_is_told_to_watchers() -> None:
    store = Store()
    store.set(b"/1/k", b"x", expires=NOW + SECOND, now=NOW)
    heard = Heard()
    store.watch(b"/1/k", stream=True, deliver=heard)
    ask(store, "cas", b"k", b"y", b"x")
    assert not store.has_ttl
    assert heard.told == [("compareAndSwap", b"/1/k")]


def test_a_request_is_carried_out_once_however_often_it_comes() -> None:
    store = Store()
    first = ask(store, "cas", b"k", b"x", None, number=5)
    store.set(b"/1/k", b"other", now=NOW)
    index = store.index
    assert ask(store, "cas", b"k", b"x", None, number=5) == first
    assert ask(store, "put", b"k", b"y", number=5) == first, "the number counts, not the request"
    assert ask(store, "del", b"k", number=4) == first, "an older one is passed over"
    assert store.index == index
    assert ask(store, "get", b"k", number=6).value == b"other"


def test_each_client_has_numbers_of_its_own() -> None:
    store = Store()
    assert ask(store, "put", b"k", b"x", client=ALICE).old is None
    assert ask(store, "put", b"k", b"y", client=BOB).old == b"x"


@settings(deadline=None)
@given(st.lists(client_requests, max_size=20), st.data())
def test_repeating_requests_that_were_carried_out_changes_nothing(
    log: list[ClientRequest], data: st.DataObject
) -> None:
    once, often = Store(), Store()
    for position, request in enumerate(log):
        run(once, [request])
        earlier = data.draw(st.lists(st.sampled_from(log[: position + 1]), max_size=3))
        run(often, [request, *earlier])
        assert often.index == once.index
        assert often.clients.entries() == once.clients.entries()


@settings(deadline=None)
@given(st.lists(client_requests, max_size=20), st.lists(client_requests, max_size=20))
def test_what_was_answered_survives_a_dump(
    before: Sequence[Command], after: Sequence[Command]
) -> None:
    store = Store()
    run(store, list(before))
    loaded = load(dump(store))
    assert loaded.clients.entries() == store.clients.entries()
    run(store, list(after))
    run(loaded, list(after))
    assert digest(loaded) == digest(store)


def test_a_dump_of_a_store_without_clients_is_as_it_was_before_there_were_any() -> None:
    store = store_with(b"/1/a")
    assert not [chunk for chunk in dump(store) if b"clients" in chunk]


def test_a_dump_of_many_clients_takes_several_chunks() -> None:
    store = Store()
    for number in range(3000):
        ask(store, "put", b"k", b"x" * 100, client=b"%016d" % number)
    assert sum(b"clients" in chunk for chunk in dump(store)) > 5
    assert load(dump(store)).clients.entries() == store.clients.entries()


def test_the_digest_looks_at_the_cache() -> None:
    one, other = Store(), Store()
    ask(one, "get", b"k")
    ask(other, "get", b"k", number=2)
    assert digest(one) != digest(other)


def test_the_client_that_was_served_longest_ago_is_forgotten_first() -> None:
    cache = ClientCache()
    for number in range(CAPACITY):
        cache.save(b"%016d" % number, 0, Output(b"k", None, None))
    cache.save(b"%016d" % 0, 1, Output(b"k", None, None))
    cache.save(ALICE, 0, Output(b"k", None, None))
    assert len(cache) == CAPACITY
    assert cache.last(b"%016d" % 1) is None
    assert cache.last(b"%016d" % 0) is not None


def test_large_outputs_push_others_out_but_never_the_last() -> None:
    cache = ClientCache()
    large = Output(b"k", b"x" * (CACHE_BYTES // 2), None)
    for client in (ALICE, BOB, b"c" * 16):
        cache.save(client, 0, large)
    assert [entry.client for entry in cache.entries()] == [b"c" * 16]
    cache.save(BOB, 0, Output(b"k", b"x" * CACHE_BYTES, b"x"))
    assert [entry.client for entry in cache.entries()] == [BOB]
    cache.save(BOB, 1, Output(b"k", None, None))
    cache.save(ALICE, 1, large)
    assert len(cache) == 2
