"""Reading files and directories (contract 5.6, 5.7)."""

from __future__ import annotations

import pytest

from tests.unit.store.support import NOW, SECOND, keys, shown, store_with
from vard_http.store import Listing, Store


def test_the_empty_root_has_no_key_and_no_indexes() -> None:
    assert Store().get(b"/1", now=NOW).to_json() == b'{"action":"get","node":{"dir":true}}\n'


def test_a_file() -> None:
    event = store_with(b"/1/foo").get(b"/1/foo", now=NOW)
    assert event.to_json() == (
        b'{"action":"get","node":{"key":"/foo","value":"v","modifiedIndex":1,"createdIndex":1}}\n'
    )
    assert not event.is_new


def test_a_get_carries_the_store_s_index_not_the_node_s() -> None:
    store = store_with(b"/1/a", b"/1/b")
    assert store.get(b"/1/a", now=NOW).index == 2
    assert store.get(b"/1", now=NOW).index == 2


def test_nested_directories_are_closed_without_recursive_and_nodes_come_before_indexes() -> None:
    store = store_with(b"/1/x/y/z", b"/1/x/a")
    assert store.get(b"/1/x", sorted=True, now=NOW).to_json() == (
        b'{"action":"get","node":{"key":"/x","dir":true,"nodes":['
        b'{"key":"/x/a","value":"v","modifiedIndex":2,"createdIndex":2},'
        b'{"key":"/x/y","dir":true,"modifiedIndex":1,"createdIndex":1}],'
        b'"modifiedIndex":1,"createdIndex":1}}\n'
    )


def test_recursive_shows_all_levels() -> None:
    store = store_with(b"/1/x/y/z", b"/1/x/y/a", b"/1/w", directories=(b"/1/x/e",))
    event = store.get(b"/1", recursive=True, sorted=True, now=NOW)
    assert keys(event) == ["/w", "/x", "/x/e", "/x/y", "/x/y/a", "/x/y/z"]
    directories = [node for node in shown(event)["node"]["nodes"] if node["key"] == "/x"]
    assert "nodes" not in directories[0]["nodes"][0]


def test_unsorted_listings_are_in_order_of_insertion() -> None:
    store = store_with(b"/1/c", b"/1/a", b"/1/b")
    assert keys(store.get(b"/1", now=NOW)) == ["/c", "/a", "/b"]


def test_sorting_is_by_bytes() -> None:
    store = store_with(b"/1/a", b"/1/B", b"/1/a-", b"/1/\xc3\xbc", b"/1/a0")
    names = [b"B", b"a", b"a-", b"a0", b"\xc3\xbc"]
    listing = store.get(b"/1", sorted=True, now=NOW)
    assert keys(listing) == [f"/{name.decode()}" for name in names]


@pytest.mark.parametrize("recursive", [False, True])
def test_hidden_nodes_are_left_out_with_all_below_them(recursive: bool) -> None:
    store = store_with(b"/1/_h/x", b"/1/d/_f", b"/1/d/g_")
    event = store.get(b"/1", recursive=recursive, sorted=True, now=NOW)
    assert keys(event) == (["/d", "/d/g_"] if recursive else ["/d"])


def test_a_hidden_directory_lists_its_visible_children() -> None:
    store = store_with(b"/1/_h/x", b"/1/_h/_y")
    assert keys(store.get(b"/1/_h", now=NOW)) == ["/_h/x"]


def test_a_directory_of_only_hidden_children_has_no_nodes_member() -> None:
    store = store_with(b"/1/d/_x")
    assert "nodes" not in shown(store.get(b"/1/d", now=NOW))["node"]


def test_directories_in_listings_show_their_ttl() -> None:
    store = Store()
    store.set(b"/1/d/e", b"", directory=True, expires=NOW + SECOND, now=NOW)
    for recursive in (False, True):
        node = shown(store.get(b"/1/d", recursive=recursive, now=NOW))["node"]["nodes"][0]
        assert node["ttl"] == 1


def test_the_ttl_shown_is_the_reader_s() -> None:
    store = Store()
    store.set(b"/1/t", b"", expires=NOW + 10 * SECOND, now=NOW)
    assert shown(store.get(b"/1/t", now=NOW + 4 * SECOND + 1))["node"]["ttl"] == 6


def test_keys_that_nest_deeper_than_python_recurses_are_listed() -> None:
    store = store_with(b"/1" + b"/d" * 3000)
    body = store.get(b"/1", recursive=True, now=NOW).to_json()
    assert body.count(b'"nodes":[') == 3000
    assert body.count(b"]") == 3000


def test_a_listing_names_all_its_children() -> None:
    listing = store_with(b"/2/users/b", b"/2/users/_a").get(b"/2/users", now=NOW)
    assert isinstance(listing, Listing)
    assert listing.names() == [b"_a", b"b"]


def test_peek_finds_nodes_and_counts_nothing() -> None:
    store = store_with(b"/1/a/b")
    node = store.peek(b"/1/a/b")
    assert node is not None
    assert store.peek(b"/1/a/b/c") is None
    assert store.peek(b"/1/x") is None
    assert (store.stats.gets_success, store.stats.gets_fail) == (0, 0)
