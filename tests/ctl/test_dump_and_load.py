"""`vardctl dump` and `load` against one member: what was dumped is there again after a load."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ctl.inside import run
from tests.harness.processes import Server, start_server
from vard_http.client import Client
from vard_http.ctl.subtree.document import read_document
from vard_http.ctl.subtree.reading import read_subtree
from vard_http.ctl.subtree.tree import Entry, Tree, moved


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with start_server("vard") as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """A client on a store that is empty again afterwards, hidden nodes too."""
    with Client(server.endpoint.client_url) as client:
        yield client
        for path in read_subtree(client, b"/").tree:
            if path.count(b"/") == 1:
                client.delete(path.decode(errors="surrogateescape"), recursive=True)


def _fill(client: Client) -> None:
    client.set("/app/name", "one")
    client.set("/app/lines", "first\nsecond\n")
    client.set("/app/void", "")
    client.set("/app/lease", "x", ttl=500)
    client.set("/app/_hidden/_deeper/key", "secret")
    client.set("/app/bytes \udcff\n?", "\udcfe\x00")
    client.make_directory("/app/empty")
    client.make_directory("/app/fleeting", ttl=600)
    client.set("/app/fleeting/key", "y")


def _at(client: Client, key: bytes) -> Tree:
    """What is there, with TTLs to the minute and without indexes."""
    return {
        path: Entry(entry.value, None if entry.ttl is None else -(-entry.ttl // 60))
        for path, entry in read_subtree(client, key, source="backup").tree.items()
    }


@pytest.mark.parametrize("name", ["dump.json", "dump.yaml"])
def test_a_subtree_comes_back_whole(
    server: Server, client: Client, tmp_path: Path, name: str
) -> None:
    _fill(client)
    before = _at(client, b"/app")
    file = tmp_path / name

    dumped = run(server, "dump", "/app", "-o", str(file))
    client.delete("/app", recursive=True)
    loaded = run(server, "load", str(file))

    assert (dumped.status, dumped.err) == (0, f"{file}: 12 nodes of /app\n")
    assert (loaded.status, loaded.out) == (0, "")
    assert loaded.err.endswith("0 to change, 0 to remove, 0 there already\n9 done\n")
    assert _at(client, b"/app") == before
    assert before[b"/app/bytes \xff\n?"] == Entry(b"\xfe\x00")
    assert before[b"/app/lease"].ttl == 9


def test_a_dump_is_for_its_owners_eyes(server: Server, client: Client, tmp_path: Path) -> None:
    client.set("/app", "x")
    file = tmp_path / "dump"
    run(server, "dump", "/app", "-o", str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_document(file.read_bytes()).tree[b"/app"].value == b"x"


def test_a_dump_goes_through_a_pipe_to_another_key(server: Server, client: Client) -> None:
    _fill(client)
    dumped = run(server, "dump", "app")
    loaded = run(server, "load", "--to", "/copy/of", stdin=dumped.out.encode())

    assert loaded.status == 0
    assert _at(client, b"/copy/of") == moved(_at(client, b"/app"), b"/app", b"/copy/of")


def test_a_listing_says_what_it_lacks(server: Server, client: Client) -> None:
    _fill(client)
    dumped = run(server, "dump", "/app", "--source", "listing", "--hidden", "/app/_hidden")

    keys = [node["key"] for node in json.loads(dumped.out)["nodes"]]
    assert "/app/_hidden" in keys
    assert "/app/_hidden/_deeper" not in keys
    assert json.loads(dumped.out)["exact"] is False
    assert dumped.err == (
        "Not exact, as only a listing was asked for: hidden nodes, whose names begin with _, are"
        " missing but for those named with --hidden\n"
        "1 node holds U+FFFD, which servers show for bytes that are not UTF-8:"
        " /app/bytes \ufffd\\n?\n"
    )


def test_a_hidden_node_elsewhere_is_no_part_of_a_dump(server: Server) -> None:
    ran = run(server, "dump", "/app", "--hidden", "/_other")
    assert (ran.status, ran.err) == (1, "Error:  --hidden /_other is not below /app\n")


def test_a_subtree_is_drawn(server: Server, client: Client) -> None:
    _fill(client)
    drawn = run(server, "tree", "app")

    assert (drawn.status, drawn.err) == (0, "")
    assert drawn.out == (
        "/app/\n"
        "├── bytes \ufffd\\n? = \ufffd\\x00\n"
        "├── empty/\n"
        "├── fleeting/  (ttl 600s)\n"
        "│   └── key = y\n"
        "├── lease = x  (ttl 500s)\n"
        "├── lines = first\\nsecond\\n\n"
        "├── name = one\n"
        "└── void = \n"
        "\n"
        "2 directories, 6 keys\n"
    )


def test_what_is_there_and_different_keeps_create_from_writing(
    server: Server, client: Client
) -> None:
    client.set("/app/a", "1")
    client.set("/app/b", "2")
    dumped = run(server, "dump", "/app").out.encode()
    client.set("/app/a", "other")
    client.delete("/app/b")

    loaded = run(server, "load", stdin=dumped)

    assert loaded.status == 4
    assert loaded.err == (
        "in the way: /app/a has another value\n"
        "1 to create, 0 to change, 0 to remove, 1 there already\n"
        "Error:  1 node is in the way, nothing written; --mode overwrite changes values and TTLs\n"
    )
    assert _at(client, b"/app") == {b"/app": Entry(None), b"/app/a": Entry(b"other")}


@pytest.mark.parametrize(
    ("mode", "left"),
    [("overwrite", {b"/app/a", b"/app/d/k", b"/app/d", b"/app/new"}), ("replace", {b"/app/a"})],
)
def test_modes_differ_in_what_they_leave(
    server: Server, client: Client, mode: str, left: set[bytes]
) -> None:
    client.set("/app/a", "1")
    dumped = run(server, "dump", "/app").out.encode()
    client.set("/app/a", "other", ttl=50)
    client.set("/app/new", "x")
    client.set("/app/d/k", "x")

    said = run(server, "load", "--mode", mode, "--dry-run", stdin=dumped)
    assert _at(client, b"/app")[b"/app/a"].value == b"other"
    loaded = run(server, "load", "--mode", mode, stdin=dumped)

    assert "change /app/a\n" in said.out
    assert ("remove /app/d\n" in said.out) == (mode == "replace")
    assert loaded.status == 0
    assert _at(client, b"/app") == {
        b"/app": Entry(None),
        **dict.fromkeys(left, Entry(b"x")),
        b"/app/a": Entry(b"1"),
        **({b"/app/d": Entry(None)} if b"/app/d" in left else {}),
    }


def test_replace_keeps_hidden_nodes_that_the_file_cannot_know(
    server: Server, client: Client
) -> None:
    client.set("/app/a", "1")
    client.set("/app/d/_hidden", "secret")
    dumped = run(server, "dump", "/app", "--source", "listing").out.encode()
    client.set("/app/b", "2")

    loaded = run(server, "load", "--mode", "replace", stdin=dumped)

    assert loaded.status == 0
    assert "Hidden nodes that the file does not name stay" in loaded.err
    assert set(_at(client, b"/app")) == {b"/app", b"/app/a", b"/app/d", b"/app/d/_hidden"}


def test_each_failure_is_told_and_the_others_are_written(server: Server, client: Client) -> None:
    client.set("/file", "x")
    text = json.dumps(
        {
            "format": "vardctl-dump",
            "version": 1,
            "key": "/",
            "nodes": [{"key": "/fine", "value": "1"}, {"key": "/long", "value": "x" * 11_000_000}],
        }
    )
    loaded = run(server, "load", stdin=text.encode())

    assert loaded.status == 4
    assert "create /long: 210: Invalid POST form (http: POST too large)" in loaded.err
    assert loaded.err.endswith("1 done, 1 failed\n")
    assert client.get("/fine").node.value == "1"


def test_one_key_cannot_become_the_root(server: Server, client: Client) -> None:
    client.set("/one", "x")
    dumped = run(server, "dump", "/one").out.encode()

    loaded = run(server, "load", "--to", "/", stdin=dumped)

    assert (loaded.status, loaded.err) == (
        1,
        "Error:  the file holds one key: --to must name a key\n",
    )


def test_a_key_that_is_not_there_cannot_be_dumped(server: Server, client: Client) -> None:
    dumped = run(server, "dump", "/none")

    assert (dumped.status, dumped.out) == (4, "")
    assert dumped.err.startswith("Error:  100: Key not found (/none)")


def test_thousands_of_keys_come_back(server: Server, client: Client) -> None:
    nodes = [{"key": f"/many/{n % 100:02}/{n:04}", "value": f"value {n}"} for n in range(2_000)]
    head = {"format": "vardctl-dump", "version": 1, "key": "/many"}
    loaded = run(server, "load", stdin=json.dumps({**head, "nodes": nodes}).encode())

    assert loaded.err.endswith("2000 done\n")
    assert len(read_document(run(server, "dump", "/many").out.encode()).tree) == 2_101


def test_a_dump_that_cannot_be_written_is_told(server: Server, client: Client) -> None:
    client.set("/app", "x")
    ran = run(server, "dump", "/app", "-o", "/no/such/directory/file")

    assert (ran.status, ran.err) == (
        1,
        "Error:  /no/such/directory/file: No such file or directory\n",
    )


@pytest.mark.etcd
def test_etcd_takes_all_and_tells_what_it_lists() -> None:
    with start_server("etcd") as server, Client(server.endpoint.client_url) as client:
        _fill(client)
        dumped = run(server, "dump", "/app", "--hidden", "/app/_hidden/_deeper")
        loaded = run(server, "load", "--to", "/copy", stdin=dumped.out.encode())
        again = run(server, "load", "--to", "/copy", "--mode", "replace", stdin=dumped.out.encode())

        assert dumped.err.startswith("Not exact, as the server is no vard_http: hidden nodes")
        assert (loaded.status, loaded.err.splitlines()[-1]) == (0, "9 done")
        assert again.err == (
            "0 to create, 0 to change, 0 to remove, 11 there already\n"
            "Hidden nodes that the file does not name stay: the server is no vard_http\n"
        )
        assert client.get("/copy/_hidden/_deeper/key").node.value == "secret"
