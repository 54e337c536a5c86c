"""The operations of /v2/keys, on etcd and on vard_http."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vard_http.client import (
    Client,
    CompareFailed,
    DirectoryNotEmpty,
    KeyNotFound,
    NodeExists,
    NotDirectory,
    NotFile,
    RootReadOnly,
    keys,
)


def test_set_and_get(client: Client) -> None:
    written = client.set("a", "1")
    read = client.get("/a")
    assert (written.action, read.action) == ("set", "get")
    assert read.node == written.node
    assert read.node.value == "1"
    assert read.node.created_index == read.node.modified_index == written.etcd_index
    assert client.set("a", "2").prev_node == written.node


@pytest.mark.parametrize("text", ["", " +&=%;\n", 'ü€😀 "\\', "x" * 5000], ids=repr)
def test_values_come_back_as_they_were(client: Client, text: str) -> None:
    client.set("value", text)
    assert client.get("value").node.value == text


@pytest.mark.parametrize("name", ["a b", "a+b", "a%2Fb", "ü?#&;=", "...", "[]|^`"])
def test_names_come_back_as_they_were(client: Client, name: str) -> None:
    client.set(name, "1")
    assert client.get(name).node.key == "/" + name


def test_bytes_that_are_not_utf8_are_written_as_they_are(client: Client) -> None:
    client.set("bytes \udcff", "\udcfe")
    answer = client.request("DELETE", "/v2/keys/bytes%20%ff", query={"prevValue": "\udcfe"})
    assert answer.json()["action"] == "compareAndDelete"


def test_create_update_and_delete(client: Client) -> None:
    with pytest.raises(KeyNotFound):
        client.set("a", "1", prev_exist=True)
    assert client.set("a", "1", prev_exist=False).action == "create"
    with pytest.raises(NodeExists):
        client.set("a", "1", prev_exist=False)
    assert client.set("a", "2", prev_exist=True).action == "update"
    gone = client.delete("a")
    assert gone.prev_node is not None
    assert (gone.action, gone.prev_node.value, gone.node.value) == ("delete", "2", None)
    with pytest.raises(KeyNotFound) as refused:
        client.get("a")
    assert refused.value.cause == "/a"
    assert refused.value.index == gone.etcd_index


def test_compare_and_swap_and_delete(client: Client) -> None:
    first = client.set("a", "1").node
    with pytest.raises(CompareFailed):
        client.set("a", "2", prev_value="0")
    second = client.set("a", "2", prev_value="1", prev_index=first.modified_index)
    assert (second.action, second.node.created_index) == ("compareAndSwap", first.created_index)
    with pytest.raises(CompareFailed):
        client.delete("a", prev_index=first.modified_index)
    assert client.delete("a", prev_value="2").action == "compareAndDelete"


def test_directories(client: Client) -> None:
    assert client.make_directory("d").node.dir
    client.set("d/b", "2")
    client.set("d/a/x", "1")
    flat = client.get("d", sorted=True).node
    assert [node.key for node in flat.nodes] == ["/d/a", "/d/b"]
    deep = client.get("/", recursive=True, sorted=True).node
    assert [(leaf.key, leaf.value) for leaf in deep.leaves()] == [("/d/a/x", "1"), ("/d/b", "2")]
    assert deep.key == "/"
    with pytest.raises(NotFile):
        client.set("d", "1")
    with pytest.raises(NotDirectory):
        client.get("d/b/c")
    with pytest.raises(DirectoryNotEmpty):
        client.delete("d", dir=True)
    client.delete("d", recursive=True)
    with pytest.raises(RootReadOnly):
        client.delete("/", recursive=True)


def test_ttl_and_refresh(client: Client) -> None:
    made = client.set("t", "1", ttl=100).node
    assert made.ttl == 100
    assert made.expiration is not None
    assert made.expiration.utcoffset() is not None
    longer = client.refresh("t", ttl=200).node
    assert (longer.ttl, longer.value, longer.created_index) == (200, "1", made.created_index)
    assert client.set("t", "1").node.ttl is None
    client.make_directory("d", ttl=100)
    assert client.make_directory("d", prev_exist=True).node.ttl is None


def test_names_in_order(client: Client) -> None:
    made = [client.create_in_order("q", value).node for value in "abc"]
    assert [node.key for node in made] == sorted(node.key for node in made)
    listed = client.get("q", sorted=True, quorum=True).node.nodes
    assert [node.value for node in listed] == list("abc")


def test_request_gives_answers_of_any_status(client: Client) -> None:
    assert client.request("PUT", "/v2/keys/r", form={"value": "1"}).status == 201
    answer = client.request("GET", "/v2/keys/none", query={"recursive": True})
    assert (answer.status, answer.json()["errorCode"]) == (404, 100)


def test_redirects_are_followed(client: Client) -> None:
    assert client.request("PUT", "/v2/keys//a//b", form={"value": "1"}).status == 201
    assert client.get("a/b").node.value == "1"


@pytest.mark.parametrize(
    "call",
    [
        lambda: keys.get("a/../b"),
        lambda: keys.set("a", "1", ttl=-1),
        lambda: keys.set("a", "1", prev_value=""),
        lambda: keys.set("a", "1", refresh=True, ttl=1),
        lambda: keys.set("a", None, refresh=True),
        lambda: keys.delete("a", prev_index=0),
        lambda: Client("127.0.0.1:2379"),
        lambda: Client("http://127.0.0.1:2379/v2"),
        lambda: Client("http://127.0.0.1:port"),
        lambda: Client([]),
        lambda: Client(password="x"),
        lambda: Client(username="a:b"),
    ],
)
def test_what_would_be_misread_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        call()
