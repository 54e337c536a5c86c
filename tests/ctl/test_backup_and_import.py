"""`vardctl backup` and `import`, on a running node, stopped members and an etcd 0.4's snapshot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.transfers import only
from tests.ctl.inside import run, run_alone
from tests.harness.cluster import Cluster
from tests.harness.processes import Server, start_server
from tests.unit.transfer.support import shown_tree, unpack
from vard_http.transfer.content import read_backup, read_member
from vard_http.transfer.etcd import read_data_directory


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with start_server("vard") as running:
        yield running


def _old(value: str, children: dict[str, Any] | None = None, expires: str = "") -> dict[str, Any]:
    """A node as etcd 0.4 writes it."""
    return {
        "Path": "/not/looked/at",
        "CreatedIndex": 2,
        "ModifiedIndex": 2,
        "ExpireTime": expires or "0001-01-01T00:00:00Z",
        "ACL": "",
        "Value": value,
        "Children": children,
    }


OLD_STORE = _old(
    "",
    {
        "a": _old("1"),
        "dir": _old("", {"b": _old("grüße"), "empty": _old("", {})}),
        "gone": _old("", expires="2014-01-01T00:00:00Z"),
        "later": _old("x", expires="2199-01-01T00:00:00.5+01:00"),
        "_hidden": _old("", {"c": _old("3")}),
    },
)


@pytest.fixture
def snapshot(tmp_path: Path) -> str:
    path = tmp_path / "old.snap"
    path.write_text(json.dumps({"Root": OLD_STORE, "CurrentIndex": 3, "CurrentVersion": 2}))
    return str(path)


def test_import_copies_what_is_not_hidden_or_expired(server: Server, snapshot: str) -> None:
    ran = run(server, "import", "-snap", snapshot, "-c", "2")
    assert (ran.status, ran.out) == (
        0,
        f"starting to import snapshot {snapshot} with 2 clients\nfinished importing 3 keys\n",
    )
    assert run(server, "ls", "--sort", "-r").out == "/a\n/dir\n/dir/b\n/later\n"
    assert run(server, "get", "/dir/b").out == "grüße\n"
    assert "TTL: 0\n" not in run(server, "-o", "extended", "get", "/later").out


def test_import_copies_hidden_keys_that_are_named(server: Server, snapshot: str) -> None:
    assert run(server, "import", "--snap", snapshot, "--hidden", "/_hidden").status == 0
    assert run(server, "get", "/_hidden/c").out == "3\n"


def test_import_needs_a_snapshot_that_it_can_read(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("{}")
    assert run_alone(["import"], {}).out == "no snapshot file provided (use --snap)\n"
    assert run_alone(["import", "--snap", "/none"], {}).out.startswith("cannot read snapshot file")
    refused = run_alone(["import", "--snap", str(tmp_path / "other")], {})
    assert refused.status == 1
    assert "is not a snapshot of etcd 0.4" in refused.err


def test_a_running_node_is_backed_up_to_a_file(server: Server, tmp_path: Path) -> None:
    run(server, "set", "k", "1")
    file = tmp_path / "backup"
    ran = run(server, "backup", str(file))
    assert (ran.status, ran.out) == (0, "")
    assert f"index {read_backup(file).store.index}," in ran.err


def test_a_data_directory_begins_another_cluster(tmp_path: Path) -> None:
    cluster = Cluster("vard", 1)
    try:
        with start_server("vard") as server:
            run(server, "set", "k", "1")
            source = server.directory / "data"
            target = only(cluster).directory / "data"
            flags = ["backup", "--data-dir", str(source), "--backup-dir", str(target)]
            assert "in use by process" in run_alone(flags, {}).err
            server.terminate()
            ran = run_alone(flags, {})
            assert (ran.status, ran.out) == (0, "")
            assert read_member(target).cluster_id != read_member(source).cluster_id
        cluster.start()
        assert run(only(cluster), "get", "k").out == "1\n"
    finally:
        cluster.close()


def test_a_data_directory_of_etcd_becomes_one_of_ours(tmp_path: Path) -> None:
    source, target = unpack("single", tmp_path / "etcd"), tmp_path / "made"
    ran = run_alone(["backup", "--data-dir", str(source), "--backup-dir", str(target)], {})
    assert (ran.status, ran.out) == (0, "")
    there = read_data_directory(source).content.store
    assert shown_tree(read_member(target).store) == shown_tree(there)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Give a FILE, or --data-dir and --backup-dir"),
        (["--data-dir", "a"], "Give a FILE, or --data-dir and --backup-dir"),
        (["f", "--data-dir", "a", "--backup-dir", "b"], "Give a FILE"),
        (["--data-dir", "a", "--backup-dir", "b", "--with-v3"], "--with-v3 is not for"),
        (
            ["--data-dir", "a", "--backup-dir", "b", "--backup-wal-dir", "c"],
            "--backup-wal-dir is not for",
        ),
        (["--data-dir", "/none", "--backup-dir", "b"], "/none"),
    ],
)
def test_what_backup_refuses(arguments: list[str], reason: str) -> None:
    ran = run_alone(["backup", *arguments], {})
    assert (ran.status, ran.out) == (1, "")
    assert reason in ran.err
