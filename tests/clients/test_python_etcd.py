"""The public API of python-etcd 0.4.5, the client library, against vard_http and etcd."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice
from typing import Any

import etcd
import etcd.auth
import pytest

from tests.harness.cluster import running_cluster
from tests.harness.processes import Server, start_server


@pytest.fixture(scope="module", params=["vard", pytest.param("etcd", marks=pytest.mark.etcd)])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with start_server(request.param) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    """A client of a server that has no keys."""
    client = etcd.Client(host="127.0.0.1", port=server.port)
    for child in client.read("/").children:
        if child.key:
            client.delete(child.key, recursive=child.dir, dir=child.dir)
    yield client
    client.http.clear()


def test_set_get_and_update(client: Any) -> None:
    assert client.set("/k", "1").action == "set"
    found = client.get("/k")
    assert (found.key, found.value, found.dir) == ("/k", "1", False)
    found.value = "2"
    updated = client.update(found)
    assert (updated.action, updated.value) == ("compareAndSwap", "2")
    assert updated._prev_node.value == "1"
    assert "/k" in client
    assert "/none" not in client
    assert client.read("/k", quorum=True).etcd_index >= updated.modifiedIndex


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (etcd.EtcdKeyNotFound, lambda client: client.read("/none")),
        (etcd.EtcdAlreadyExist, lambda client: client.write("/k", "2", prevExist=False)),
        (etcd.EtcdCompareFailed, lambda client: client.test_and_set("/k", "2", "wrong")),
        (etcd.EtcdCompareFailed, lambda client: client.write("/k", "2", prevIndex=1)),
        (etcd.EtcdNotFile, lambda client: client.write("/d", "2")),
        (etcd.EtcdNotFile, lambda client: client.delete("/d")),
        (etcd.EtcdNotDir, lambda client: client.write("/k/below", "2")),
        (etcd.EtcdDirNotEmpty, lambda client: client.delete("/d", dir=True)),
        (etcd.EtcdRootReadOnly, lambda client: client.write("/", "2")),
        (etcd.EtcdValueError, lambda client: client.write("/k", "2", ttl="x")),
    ],
)
def test_errors_are_the_exceptions_of_the_library(client: Any, error: Any, call: Any) -> None:
    client.write("/k", "1")
    client.write("/d/x", "1")
    with pytest.raises(error):
        call(client)


def test_test_and_set_and_conditional_deletion(client: Any) -> None:
    client.write("/k", "1")
    assert client.test_and_set("/k", "2", "1").value == "2"
    with pytest.raises(etcd.EtcdCompareFailed):
        client.delete("/k", prevValue="1")
    assert client.delete("/k", prevValue="2").action == "compareAndDelete"


def test_pop_returns_what_it_deletes(client: Any) -> None:
    client.write("/k", "1")
    assert client.pop("/k").value == "1"
    assert "/k" not in client


def test_directories_and_their_leaves(client: Any) -> None:
    assert client.write("/d", None, dir=True).dir
    client.write("/d/a", "1")
    client.write("/d/sub/b", "2")
    everything = client.read("/d", recursive=True, sorted=True)
    assert [(leaf.key, leaf.value) for leaf in everything.leaves] == [
        ("/d/a", "1"),
        ("/d/sub/b", "2"),
    ]
    assert [child.key for child in client.read("/d", sorted=True).children] == ["/d/a", "/d/sub"]
    assert client.delete("/d", recursive=True).action == "delete"


def test_appended_keys_are_in_order(client: Any) -> None:
    written = [client.write("/q", value, append=True).key for value in "abc"]
    assert written == sorted(written)
    assert [leaf.value for leaf in client.read("/q", sorted=True).leaves] == ["a", "b", "c"]


def test_a_ttl_is_told_refreshed_and_taken_away(client: Any) -> None:
    assert client.write("/k", "1", ttl=100).ttl == 100
    refreshed = client.refresh("/k", ttl=200)
    assert (refreshed.value, refreshed.ttl) == ("1", 200)
    assert client.write("/k", "1").ttl is None


def test_watches(client: Any) -> None:
    first = client.write("/w/a", "1").modifiedIndex
    client.write("/w/b", "2")
    assert client.watch("/w", index=first, recursive=True, timeout=5).value == "1"
    events = islice(client.eternal_watch("/w", index=first, recursive=True), 2)
    assert [event.value for event in events] == ["1", "2"]
    with pytest.raises(etcd.EtcdWatchTimedOut):
        client.watch("/w/a", timeout=0.2)


def test_an_expiry_ends_a_watch(client: Any) -> None:
    written = client.write("/w", "1", ttl=1)
    event = client.watch("/w", index=written.modifiedIndex + 1, timeout=10)
    assert event.action == "expire"


def test_an_index_that_history_has_lost(client: Any) -> None:
    first = client.write("/w", "0").modifiedIndex
    for number in range(1001):
        client.write("/w", number)
    with pytest.raises(etcd.EtcdEventIndexCleared):
        client.watch("/w", index=first, timeout=5)


def test_a_lock_has_one_holder_and_passes_on(client: Any, server: Server) -> None:
    other = etcd.Client(host="127.0.0.1", port=server.port)
    mine, theirs = etcd.Lock(client, "trial"), etcd.Lock(other, "trial")
    assert mine.acquire(lock_ttl=60)
    assert mine.is_acquired
    assert not theirs.acquire(blocking=False)
    waiting = threading.Thread(target=theirs.acquire, kwargs={"timeout": 20})
    waiting.start()
    mine.release()
    waiting.join(20)
    assert theirs.is_acquired
    theirs.release()
    with etcd.Lock(client, "trial") as held:
        assert held.is_acquired


def test_machines_leader_members_and_statistics(client: Any, server: Server) -> None:
    assert client.machines == [server.endpoint.client_url]
    assert client.leader["name"] == "default"
    assert [member["name"] for member in client.members.values()] == ["default"]
    assert client.stats["name"] == "default"
    assert client.leader_stats["followers"] == {}
    assert client.store_stats["setsSuccess"] > 0
    assert client.version == "3.4.23"
    assert client.cluster_version == "3.4.0"


def test_users_roles_and_keys_under_auth(server: Server) -> None:
    """`guest` loses its rights, so that names and passwords matter."""
    anybody = etcd.Client(host="127.0.0.1", port=server.port)
    user = etcd.auth.EtcdUser(anybody, "root")
    user.password = "pw"
    user.write()
    auth = etcd.auth.Auth(anybody)
    assert not auth.active
    auth.active = True
    root = etcd.Client(host="127.0.0.1", port=server.port, username="root", password="pw")
    try:
        assert etcd.auth.Auth(root).active
        role = etcd.auth.EtcdRole(root, "readers")
        role.grant("/r/*", "R")
        role.write()
        bob = etcd.auth.EtcdUser(root, "bob")
        bob.password, bob.roles = "secret", ["readers"]
        bob.write()
        guest = etcd.auth.EtcdRole(root, "guest")
        guest.read()
        guest.revoke("*", "RW")
        guest.revoke("/*", "RW")
        guest.write()
        root.write("/r/x", "1")
        reader = etcd.Client(host="127.0.0.1", port=server.port, username="bob", password="secret")
        assert reader.read("/r/x").value == "1"
        for refused in (anybody, reader):
            with pytest.raises(etcd.EtcdInsufficientPermissions):
                refused.write("/r/x", "2")
        # The library expects the names of roles; etcd, lists them in full.
        with pytest.raises(TypeError):
            etcd.auth.EtcdUser(root, "bob").read()
        again = etcd.auth.EtcdRole(root, "readers")
        again.read()
        assert again.acls == {"/r/*": "R"}
        for each in (bob, role):
            each.delete()
    finally:
        etcd.auth.Auth(root).active = False
    assert anybody.write("/r/x", "3").value == "3"


def test_another_member_is_asked_when_one_is_gone() -> None:
    with running_cluster("vard", 3) as cluster:
        hosts = tuple(("127.0.0.1", server.port) for server in cluster.servers)
        client = etcd.Client(host=hosts, allow_reconnect=True, read_timeout=5)
        client.write("/k", "1")
        gone = next(s for s in cluster.servers if s.endpoint.client_url == client.base_uri)
        gone.kill()
        cluster.leader()
        assert client.read("/k", quorum=True).value == "1"
