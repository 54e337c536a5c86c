"""Members of a new cluster begin with the same content, and with bookkeeping of their own."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.unit.store.support import NOW
from tests.unit.transfer.support import shown_tree, some_content
from vard_http.node.cluster import read_cluster
from vard_http.raft import Configuration
from vard_http.storage import open_storage
from vard_http.store import Store, digest
from vard_http.transfer.content import Content, read_member
from vard_http.transfer.errors import TransferError
from vard_http.transfer.new_cluster import make_data_directory, plan_cluster

CLUSTER = "n1=http://a:1,n2=http://b:1,n3=http://c:1"
NAMES = ("n1", "n2", "n3")


def make(tmp_path: Path, content: Content, name: str = "n1", token: str = "") -> Path:
    data_dir = tmp_path / name
    make_data_directory(data_dir, plan_cluster(name, CLUSTER, token, content), content)
    return data_dir


def restored(data_dir: Path) -> Store:
    return read_member(data_dir).store


def test_all_members_hold_the_same_and_know_each_other(tmp_path: Path) -> None:
    content = some_content()
    directories = [make(tmp_path, content, name) for name in NAMES]
    assert len({digest(restored(directory)) for directory in directories}) == 1
    members = read_cluster(restored(directories[0])).members
    assert {member.peer_urls for member in members.values()} == {
        ("http://a:1",),
        ("http://b:1",),
        ("http://c:1",),
    }
    for directory in directories:
        storage = open_storage(directory, None)
        recovered = storage.recover()
        assert storage.identity.node_id in members
        storage.close()
        assert recovered.snapshot is not None
        assert recovered.snapshot.configuration == Configuration(tuple(sorted(members)))


def test_keys_index_history_and_accounts_are_kept(tmp_path: Path) -> None:
    content = some_content()
    before = content.store
    after = restored(make(tmp_path, content))
    assert after.index == before.index
    for path in (b"/1", b"/1/_hidden", b"/2"):
        assert shown_tree(after, path) == shown_tree(before, path)
    assert list(after.history.since(0)) == list(before.history.since(0))


def test_ttls_run_on(tmp_path: Path) -> None:
    after = restored(make(tmp_path, some_content()))
    assert not after.delete_expired(NOW + 999_000_000_000)
    assert [event.path for event in after.delete_expired(NOW + 1_000_000_000_000)] == [b"/1/mortal"]


def test_the_old_clusters_bookkeeping_is_gone(tmp_path: Path) -> None:
    cluster = read_cluster(restored(make(tmp_path, some_content())))
    assert len(cluster.members) == 3
    assert not cluster.removed
    assert cluster.version is None
    assert not any(member.name for member in cluster.members.values())


def test_raft_goes_on_from_where_it_stood(tmp_path: Path) -> None:
    content = read_member(make(tmp_path, some_content()))
    assert (content.index, content.term) == (70, 5)


def test_ids_differ_from_those_of_other_contents_and_tokens() -> None:
    content = some_content()
    other = msgspec.structs.replace(content, seed="0ther")
    plans = [
        plan_cluster("n1", CLUSTER, "", content),
        plan_cluster("n1", CLUSTER, "", other),
        plan_cluster("n1", CLUSTER, "mine", content),
    ]
    assert len({plan.identity.cluster_id for plan in plans}) == 3
    assert len({plan.identity.node_id for plan in plans}) == 3


def test_the_old_cluster_itself_is_refused() -> None:
    content = some_content()
    same = plan_cluster("n1", CLUSTER, "token", content).identity.cluster_id
    with pytest.raises(TransferError, match="give another token"):
        plan_cluster("n1", CLUSTER, "token", msgspec.structs.replace(content, cluster_id=same))


@pytest.mark.parametrize(
    ("name", "cluster", "reason"),
    [
        ("n4", CLUSTER, "couldn't find local name"),
        ("n1", "n1=http://a:1,n2=http://a:1", "has duplicate url"),
        ("n1", "n1=nonsense", "error setting up initial cluster"),
    ],
)
def test_settings_that_make_no_cluster_are_refused(name: str, cluster: str, reason: str) -> None:
    with pytest.raises(TransferError, match=reason):
        plan_cluster(name, cluster, "", some_content())


@pytest.mark.parametrize("occupy", [Path.mkdir, Path.touch], ids=["directory", "file"])
def test_what_exists_is_refused(tmp_path: Path, occupy: object) -> None:
    assert callable(occupy)
    occupy(tmp_path / "n1")
    with pytest.raises(TransferError, match="exists"):
        make(tmp_path, some_content())
    assert [path.name for path in tmp_path.iterdir()] == ["n1"]


def test_a_failure_halfway_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vard_http.storage.Storage.install_snapshot", fail)
    with pytest.raises(OSError, match="No space"):
        make(tmp_path, some_content())
    assert not list(tmp_path.iterdir())


def test_a_member_that_has_heard_nothing_cannot_be_backed_up(tmp_path: Path) -> None:
    content = some_content()
    open_storage(tmp_path / "new", plan_cluster("n1", CLUSTER, "", content).identity).close()
    with pytest.raises(TransferError, match="holds nothing yet"):
        read_member(tmp_path / "new")
