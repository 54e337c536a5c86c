"""Data directories that a real etcd wrote are read as that etcd understood them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster.etcd_content import without_ttl
from tests.unit.transfer.support import files, first_event, recorded, shown_tree, unpack
from vard_http.node.cluster import read_cluster
from vard_http.transfer.errors import TransferError
from vard_http.transfer.etcd import read_data_directory

NAMES = ("single", "log-only", "cluster")


def parsed(body: str) -> object:
    """Texts may differ: bytes that are no UTF-8 are shown as `\\ufffd` until they come from a
    snapshot, which has that character in their place."""
    return json.loads(body) if body else None


@pytest.mark.parametrize("name", NAMES)
def test_keys_ttls_and_indexes_are_those_etcd_showed(tmp_path: Path, name: str) -> None:
    store = read_data_directory(unpack(name, tmp_path)).content.store
    said = recorded(name)
    assert store.index == said.index
    assert without_ttl(shown_tree(store)) == without_ttl(said.tree)
    assert without_ttl(shown_tree(store, b"/1/_hidden")) == without_ttl(said.hidden)


@pytest.mark.parametrize("name", NAMES)
def test_watches_into_the_past_get_the_events_that_etcd_gave(tmp_path: Path, name: str) -> None:
    store = read_data_directory(unpack(name, tmp_path)).content.store
    for since, said in recorded(name).events.items():
        assert parsed(first_event(store, since)) == parsed(said)


@pytest.mark.parametrize("name", NAMES)
def test_users_and_roles_are_there(tmp_path: Path, name: str) -> None:
    store = read_data_directory(unpack(name, tmp_path)).content.store
    users = json.loads(shown_tree(store, b"/2/users"))["node"]["nodes"]
    said = [user["user"] for user in json.loads(recorded(name).users)["users"]]
    assert [json.loads(user["value"])["user"] for user in users] == said
    (role,) = json.loads(shown_tree(store, b"/2/roles"))["node"]["nodes"]
    assert json.loads(role["value"]) == json.loads(recorded(name).roles)["roles"][0]


def test_members_are_followed_through_their_changes(tmp_path: Path) -> None:
    cluster = read_cluster(read_data_directory(unpack("cluster", tmp_path)).content.store)
    assert sorted(member.name for member in cluster.members.values()) == ["n1", "n2", "n3"]
    assert len(cluster.removed) == 1


@pytest.mark.parametrize("name", NAMES)
def test_reading_changes_nothing(tmp_path: Path, name: str) -> None:
    before = files(unpack(name, tmp_path))
    read_data_directory(tmp_path)
    assert files(tmp_path) == before


def test_without_its_newest_snapshot_the_log_gives_the_same(tmp_path: Path) -> None:
    directory = unpack("single", tmp_path)
    expected = parsed(shown_tree(read_data_directory(directory).content.store))
    snapshots = sorted(directory.glob("member/snap/*.snap"))
    assert len(snapshots) >= 2
    for path in reversed(snapshots):
        path.unlink()
        assert parsed(shown_tree(read_data_directory(directory).content.store)) == expected


def test_a_snapshot_the_log_does_not_know_is_passed_over(tmp_path: Path) -> None:
    directory = unpack("single", tmp_path)
    expected = shown_tree(read_data_directory(directory).content.store)
    (directory / "member/snap/0000000000000002-00000000000fffff.snap").write_bytes(b"half")
    assert shown_tree(read_data_directory(directory).content.store) == expected


def test_a_damaged_snapshot_is_refused(tmp_path: Path) -> None:
    newest = max(unpack("single", tmp_path).glob("member/snap/*.snap"))
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    with pytest.raises(TransferError, match="checksum does not match"):
        read_data_directory(tmp_path)


def test_any_flipped_bit_in_the_log_is_refused_or_shows_nothing_new(tmp_path: Path) -> None:
    """A length that points behind the file's end looks like a write that a crash cut short."""
    (log,) = unpack("log-only", tmp_path).glob("member/wal/*.wal")
    content = log.read_bytes()
    whole = read_data_directory(tmp_path).content.store.index
    refused = 0
    for position in range(0, len(content) - 64, 97):
        flipped = bytearray(content)
        flipped[position] ^= 1 << position % 8
        log.write_bytes(flipped)
        try:
            assert read_data_directory(tmp_path).content.store.index <= whole
        except TransferError:
            refused += 1
    assert refused > len(content) // 97 * 0.8


def test_a_directory_without_a_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="is not a data directory of etcd"):
        read_data_directory(tmp_path)
    (tmp_path / "member" / "wal").mkdir(parents=True)
    with pytest.raises(TransferError, match=r"holds no \.wal file"):
        read_data_directory(tmp_path)
