"""Real etcds, running and stopped, and vard-http with their content."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster.client import agree, get, value_of, write
from tests.cluster.etcd_content import (
    Observed,
    change_members,
    fill,
    observe,
    settled,
    without_ttl,
)
from tests.cluster.transfers import ROOT, begun_by, enable_auth, import_keys, only, run, tree
from tests.harness.cluster import running_cluster
from tests.harness.processes import Server, start_server
from tests.unit.transfer.support import files

pytestmark = pytest.mark.etcd


def check_same(server: Server, said: Observed, added: int) -> None:
    """Whether `server` says what etcd said, but for the bookkeeping `added` at its start."""
    shown = observe(server)
    assert shown.index == said.index + added
    for mine, theirs in ((shown.tree, said.tree), (shown.hidden, said.hidden)):
        assert without_ttl(mine) == without_ttl(theirs)
    assert (json.loads(shown.users), json.loads(shown.roles)) == (
        json.loads(said.users),
        json.loads(said.roles),
    )
    for since, event in said.events.items():
        assert without_ttl(shown.events[since]) == without_ttl(event), since


@pytest.mark.parametrize(("snapshot_count", "end"), [(12, "kill"), (100_000, "terminate")])
def test_a_stopped_etcd_lives_on(snapshot_count: int, end: str) -> None:
    with start_server("etcd", [f"--snapshot-count={snapshot_count}"]) as etcd:
        fill(etcd)
        said = observe(etcd)
        data_dir = etcd.directory / "data"
        getattr(etcd, end)()
        before = files(data_dir)
        with begun_by(1, "import", "--data-dir", data_dir) as new:
            check_same(only(new), said, added=2)
        assert files(data_dir) == before
        etcd.start()
        assert value_of(etcd, "once") == "2"


def test_a_member_of_three_becomes_a_cluster_of_three() -> None:
    flags = ["--snapshot-count=30", "--strict-reconfig-check=false"]
    with running_cluster("etcd", 3, flags) as old:
        fill(old.servers[0])
        change_members(old.servers[0])
        settled(old.servers[0])
        follower = old.followers()[0]
        said = observe(follower)
        for server in old.servers:
            server.terminate()
        with begun_by(3, "import", "--data-dir", follower.directory / "data") as new:
            agree(new.servers)
            check_same(new.servers[2], said, added=4)


def test_a_restarted_etcd_with_logs_from_several_terms_is_read() -> None:
    with start_server("etcd", ["--snapshot-count=10"]) as etcd:
        for number in range(4):
            write(etcd, f"round/{number}", "x", ttl=10_000)
            write(etcd, f"_hidden/{number}", "x")
            etcd.restart()
        said = observe(etcd)
        etcd.kill()
        with begun_by(1, "import", "--data-dir", etcd.directory / "data") as new:
            check_same(only(new), said, added=2)


def test_passwords_still_open_the_door() -> None:
    with start_server("etcd") as etcd:
        enable_auth(etcd)
        etcd.kill()
        with (
            begun_by(1, "import", "--data-dir", etcd.directory / "data") as new,
            only(new).connect() as connection,
        ):
            assert connection.request("GET", "/v2/auth/roles", {}).status == 401
            assert connection.request("GET", "/v2/auth/roles", ROOT).status == 200


def test_a_running_etcd_is_refused(tmp_path: Path) -> None:
    with start_server("etcd") as etcd:
        write(etcd, "k", "1")
        directories = ("--data-dir", etcd.directory / "data", "--into", tmp_path / "new")
        assert "is in use: stop its etcd first" in run("import", *directories, status=1)
        assert not list(tmp_path.iterdir())
        write(etcd, "k", "2")


def test_an_etcd_without_v2_keys_is_refused(tmp_path: Path) -> None:
    with start_server("etcd") as etcd:
        with etcd.connect() as connection:
            body = json.dumps({"key": "YQ==", "value": "YQ=="}).encode()
            assert connection.request("POST", "/v3/kv/put", {}, body).status == 200
        etcd.kill()
        directories = ("--data-dir", etcd.directory / "data", "--into", tmp_path / "new")
        said = run("import", *directories, status=1)
    assert "holds no keys of etcd's v2 API, only keys of the v3 API" in said
    assert not list(tmp_path.iterdir())


def test_the_refusal_of_etcds_directory_names_a_command_that_works() -> None:
    with start_server("etcd") as etcd:
        write(etcd, "k", "1")
        etcd.kill()
        data_dir = etcd.directory / "data"
        before = files(data_dir)
        with Server("vard") as server:
            server.extra_flags = (f"--data-dir={data_dir}",)
            server.spawn()
            assert server.wait_end() == 1
            assert f"vard-http import --data-dir {data_dir} --into DIR" in server.log()
        assert files(data_dir) == before
        with begun_by(1, "import", "--data-dir", data_dir) as new:
            assert value_of(only(new), "k") == "1"


def test_a_running_etcd_is_imported_over_http() -> None:
    with start_server("etcd") as etcd, start_server("vard") as target:
        fill(etcd, 1)
        said = import_keys(etcd, target, "--hidden", "_hidden/")
        assert tree(target) == tree(etcd)
        assert get(target, "/v2/keys/_hidden/key").status == 200
        assert "1 nodes have U+FFFD" in said


def test_what_came_from_etcd_goes_back_with_what_was_changed_since() -> None:
    with start_server("etcd") as etcd, start_server("vard") as vard:
        write(etcd, "app/old", "1")
        write(etcd, "app/changed", "1")
        import_keys(etcd, vard)
        write(vard, "app/changed", "2")
        write(vard, "app/new", "3", ttl=600)
        refused = import_keys(vard, etcd, status=1)
        assert "1 nodes are different" in refused
        assert "/app/changed" in refused
        import_keys(vard, etcd, "--overwrite")
        assert tree(etcd) == tree(vard)
