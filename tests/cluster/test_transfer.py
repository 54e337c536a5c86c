"""Backup of members at work and stopped, new clusters made of it, and import over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.cluster.client import (
    agree,
    etcd_index,
    get,
    leaves,
    put,
    value_of,
    wait_until,
    write,
)
from tests.cluster.transfers import (
    ROOT,
    begun_by,
    enable_auth,
    import_keys,
    only,
    run,
    spawn,
    tree,
)
from tests.harness.cluster import running_cluster
from tests.harness.processes import Server, start_server
from tests.harness.wire import FORM
from tests.unit.transfer.support import files
from vard_http.store import Node
from vard_http.transfer.content import read_backup


@pytest.fixture
def server() -> Iterator[Server]:
    with start_server("vard") as server:
        yield server


def expiries(server: Server) -> dict[str, str]:
    nodes = json.loads(get(server, "/v2/keys/mortal?recursive=true").body)["node"]["nodes"]
    return {node["key"]: node["expiration"] for node in nodes}


def test_a_cluster_of_three_begins_again_as_a_new_one(tmp_path: Path) -> None:
    with running_cluster("vard", 3) as old:
        first = old.servers[0]
        for number in range(30):
            write(first, f"k/{number}", str(number))
            write(first, f"mortal/{number}", "x", ttl=1000 + number)
        before = leaves(first), expiries(first), etcd_index(first)
        event = get(first, "/v2/keys/k?wait=true&recursive=true&waitIndex=20").body
        old_ids = {member["id"] for member in json.loads(get(first, "/v2/members").body)["members"]}
        run("backup", "--endpoint", old.servers[2].endpoint.client_url, tmp_path / "backup")
    with begun_by(3, "restore", tmp_path / "backup") as new:
        server = new.servers[1]
        state = agree(new.servers)
        assert (leaves(server), expiries(server)) == before[:2]
        assert state.etcd_index == before[2] + 3 + 1  # three names and the version
        assert get(server, "/v2/keys/k?wait=true&recursive=true&waitIndex=20").body == event
        members = json.loads(get(server, "/v2/members").body)["members"]
        assert {member["name"] for member in members} == {"n1", "n2", "n3"}
        assert not {member["id"] for member in members} & old_ids
        assert write(server, "k/new", "1") == state.etcd_index + 1
        new.leader().kill()
        survivor = new.alive()[0]
        wait_until(lambda: value_of(survivor, "k/new") == "1", "two go on")
        new.leader()


def test_a_backup_is_one_moment_of_a_node_at_work(server: Server, tmp_path: Path) -> None:
    stop = threading.Event()
    sent: list[int] = []

    def keep_writing() -> None:
        with server.connect() as connection:
            while not stop.is_set():
                put(connection, "latest", str(len(sent)))
                sent.append(put(connection, f"all/{len(sent)}", "x").status)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        wait_until(lambda: len(sent) > 50, "some writes")
        promised = len(sent)
        run("backup", "--endpoint", server.endpoint.client_url, tmp_path / "backup")
    finally:
        stop.set()
        writer.join()
    store = read_backup(tmp_path / "backup").store
    count = sum(store.peek(b"/1/all/%d" % number) is not None for number in range(len(sent)))
    latest = store.peek(b"/1/latest")
    assert isinstance(latest, Node)
    assert int(latest.value or b"") in (count - 1, count)
    assert promised <= count <= len(sent)
    assert store.peek(b"/1/all/%d" % (count - 1)) is not None


def test_a_stopped_member_is_backed_up_with_all_that_was_acknowledged(
    server: Server, tmp_path: Path
) -> None:
    for number in range(20):
        write(server, f"k/{number}", str(number))
    before = leaves(server), etcd_index(server)
    data_dir = server.directory / "data"
    said = run("backup", "--data-dir", data_dir, tmp_path / "backup", status=1)
    assert f"is in use by process {server.pid}" in said
    server.kill()
    run("backup", "--data-dir", data_dir, tmp_path / "backup")
    with begun_by(1, "restore", tmp_path / "backup") as new:
        assert leaves(only(new)) == before[0]
        assert etcd_index(only(new)) == before[1] + 2
        only(new).restart()
        assert leaves(only(new)) == before[0]


def test_restoring_leaves_what_exists_alone(server: Server, tmp_path: Path) -> None:
    write(server, "k", "1")
    run("backup", "--endpoint", server.endpoint.client_url, tmp_path / "backup")
    server.terminate()
    data_dir = server.directory / "data"
    before = files(data_dir)
    assert "exists" in run("restore", tmp_path / "backup", "--data-dir", data_dir, status=1)
    assert files(data_dir) == before


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_kill_halfway_leaves_nothing_under_the_final_name(
    server: Server, tmp_path: Path, command: str
) -> None:
    for number in range(20):
        write(server, f"k/{number}", "x" * 500_000)
    run("backup", "--endpoint", server.endpoint.client_url, tmp_path / "whole")
    final = tmp_path / "final"
    if command == "backup":
        process = spawn("backup", "--endpoint", server.endpoint.client_url, final)
    else:
        process = spawn("restore", tmp_path / "whole", "--data-dir", final)
    wait_until(lambda: any(tmp_path.glob(".final.*")) or process.poll() is not None, "it has begun")
    process.kill()
    process.communicate()
    assert not final.exists()
    if command == "backup":
        run("backup", "--endpoint", server.endpoint.client_url, final)
    else:
        run("restore", tmp_path / "whole", "--data-dir", final)
    assert final.exists()


def test_a_server_that_goes_away_leaves_no_backup(server: Server, tmp_path: Path) -> None:
    server.kill()
    said = run("backup", "--endpoint", server.endpoint.client_url, tmp_path / "b", status=1)
    assert "Connection refused" in said
    assert not list(tmp_path.iterdir())


def test_without_a_quorum_no_backup_is_given(tmp_path: Path) -> None:
    with running_cluster("vard", 2, ["--election-timeout=200", "--heartbeat-interval=20"]) as two:
        two.servers[1].kill()
        url = two.servers[0].endpoint.client_url
        said = run("backup", "--endpoint", url, tmp_path / "backup", status=1)
        assert "answers 503: etcdserver: request timed out" in said


def test_with_auth_on_only_root_gets_a_backup_and_passwords_live_on_in_it(
    server: Server, tmp_path: Path
) -> None:
    enable_auth(server)
    backup = ("backup", "--endpoint", server.endpoint.client_url, tmp_path / "backup")
    for user in ((), ("--user", "ann:ann"), ("--user", "root:wrong")):
        said = run(*backup, *user, status=1)
        assert "answers 401: Insufficient credentials; auth is on" in said
    assert not list(tmp_path.iterdir())
    run(*backup, "--user", "root:secret")
    with begun_by(1, "restore", tmp_path / "backup") as new, only(new).connect() as connection:
        assert connection.request("GET", "/v2/auth/roles", {}).status == 401
        assert connection.request("GET", "/v2/auth/roles", ROOT).status == 200


@pytest.fixture
def target() -> Iterator[Server]:
    with start_server("vard") as server:
        yield server


def test_keys_are_imported_over_http(server: Server, target: Server) -> None:
    with server.connect() as connection:
        for body in ("dir=true", "dir=true&ttl=500"):
            target_path = f"/v2/keys/{'mortal' if 'ttl' in body else 'empty'}"
            connection.request("PUT", target_path, {"Content-Type": FORM}, body.encode())
        put(connection, "mortal/key", "in a directory that will expire")
        put(connection, "deep/er/%E2%98%83%20%3F%23%25", 'é☃ & + ; % \n "quoted" <tags>')
        put(connection, "nothing", "")
        put(connection, "short", "x", ttl=300)
        put(connection, "_hidden/key", "unseen")
        put(connection, "large", "é" * 300_000)
    said = import_keys(server, target, "--hidden", "/_hidden")
    assert tree(target) == tree(server)
    assert value_of(target, "_hidden/key") == "unseen"
    assert "users, roles and hidden nodes not named by --hidden" in said
    left = json.loads(get(target, "/v2/keys/short").body)["node"]["ttl"]
    assert 290 < left <= 301


def test_an_import_that_was_killed_goes_on_where_it_was(server: Server, target: Server) -> None:
    with server.connect() as connection:
        for number in range(800):
            put(connection, f"k/{number}", str(number))
    urls = ("--from", server.endpoint.client_url, "--to", target.endpoint.client_url)
    process = spawn("import", *urls)
    wait_until(lambda: len(leaves(target)) > 50, "some keys are there")
    process.kill()
    process.communicate()
    there = leaves(target)
    said = import_keys(server, target)
    after = leaves(target)
    assert tree(target) == tree(server)
    assert {key: after[key] for key in there} == there
    written = int(said.partition("; ")[2].split()[0])
    assert len(there) < 800
    assert 800 - len(there) - 8 <= written <= 800 - len(there)


def test_what_is_different_in_the_target_is_left_alone(server: Server, target: Server) -> None:
    for name in ("same", "differs", "new"):
        write(server, name, "from the source")
    write(target, "same", "from the source")
    write(target, "differs", "newer")
    write(target, "own", "x")
    said = import_keys(server, target, status=1)
    assert "1 nodes are different" in said
    assert "were left alone: /differs;" in said
    assert value_of(target, "differs") == "newer"
    assert value_of(target, "new") == "from the source"
    said = import_keys(server, target, "--overwrite")
    assert value_of(target, "differs") == "from the source"
    assert value_of(target, "own") == "x"
    assert "1 more nodes are only in" in said


def test_a_source_that_changes_meanwhile_is_caught_up_with(server: Server, target: Server) -> None:
    with server.connect() as connection:
        for number in range(800):
            put(connection, f"k/{number}", "before")
    urls = ("--from", server.endpoint.client_url, "--to", target.endpoint.client_url)
    process = spawn("import", *urls)
    wait_until(lambda: len(leaves(target)) > 20, "some keys are there")
    imported = next(iter(leaves(target)))
    write(server, imported, "after")
    with server.connect() as connection:
        gone = next(key for key in leaves(target) if key != imported)
        connection.request("DELETE", f"/v2/keys/{gone}", {})
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert value_of(target, imported) == "after"
    assert value_of(target, gone) is None
    assert tree(target) == tree(server)


def test_a_user_is_named_for_each_end(server: Server, target: Server) -> None:
    write(server, "k", "1")
    for one in (server, target):
        enable_auth(one)
        with one.connect() as connection:
            guest = urlencode({}).encode()
            assert connection.request("DELETE", "/v2/auth/roles/guest", ROOT, guest).status == 200
    assert "answers 401" in import_keys(server, target, status=1)
    assert "answers 401" in import_keys(server, target, "--from-user", "root:secret", status=1)
    import_keys(server, target, "--from-user", "root:secret", "--to-user", "root:secret")
    with target.connect() as connection:
        assert connection.request("GET", "/v2/keys/k", ROOT).status == 200
