"""The public API of python-etcd 0.4.5, the client library, against vard_http and etcd."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice
from typing import Any

import etcd
import etcd.auth
import pytest

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


def test_what_a_result_tells(client: Any) -> None:
    made = client.write("/d/k", "1", ttl=100)
    assert (made.newKey, made.dir, made.action) == (True, False, "set")
    assert made.createdIndex == made.modifiedIndex == made.etcd_index
    assert made.raft_index > 0
    assert made.expiration.endswith("Z")
    found = client.read("/d/k")
    assert not found.newKey
    assert found.createdIndex == made.createdIndex
    assert found.etcd_index >= made.etcd_index
    assert found != made
    assert found == client.read("/d/k")


def test_the_nodes_of_a_tree(client: Any) -> None:
    client.write("/d/a", "1")
    client.write("/d/sub/b", "2")
    tree = client.read("/d", recursive=True, sorted=True)
    assert [node.key for node in tree.get_subtree()] == ["/d", "/d/a", "/d/sub", "/d/sub/b"]
    assert [node.key for node in tree.get_subtree(leaves_only=True)] == ["/d/a", "/d/sub/b"]


def test_requests_beside_the_methods(client: Any) -> None:
    answer = client.api_execute("/v2/keys/k", "PUT", params={"value": "1"})
    assert (answer.status, client.get("/k").value) == (201, "1")
    member = {"peerURLs": ["http://127.0.0.1:7"]}
    with pytest.raises(etcd.EtcdException, match="Method Not Allowed"):
        client.api_execute_json("/v2/members", "PATCH", params=member)
    with pytest.raises(etcd.EtcdException, match="not supported"):
        client.api_execute("/v2/keys/k", "PATCH")


def test_what_python_etcd_itself_has_given_up(client: Any) -> None:
    with pytest.raises(NotImplementedError, match="Election"):
        client.election  # noqa: B018
    with pytest.raises(NotImplementedError, match="Lock"):
        client.get_lock("/k")
    for kind in (etcd.auth.EtcdUser, etcd.auth.EtcdRole):
        with pytest.raises(AttributeError):
            kind.new(client, {kind.entity: "x"})


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


@pytest.mark.parametrize(
    ("code", "error"),
    [(301, etcd.EtcdLeaderElectionInProgress), (400, etcd.EtcdWatcherCleared)],
)
def test_errors_that_etcds_v2_handlers_never_send(code: int, error: type[Exception]) -> None:
    assert etcd.EtcdError.error_exceptions[code] is error
    with pytest.raises(error):
        etcd.EtcdError.handle({"errorCode": code})


@pytest.mark.parametrize(
    ("base", "call"),
    [
        (etcd.EtcdKeyError, lambda client: client.read("/none")),
        (etcd.EtcdValueError, lambda client: client.test_and_set("/k", "2", "wrong")),
        (etcd.EtcdException, lambda client: client.delete("/none")),
    ],
)
def test_errors_are_caught_by_their_base_and_carry_the_answer(
    client: Any, base: Any, call: Any
) -> None:
    client.write("/k", "1")
    with pytest.raises(base) as caught:
        call(client)
    assert caught.value.payload["index"] > 0


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
    again = client.write("/k", None, ttl=300, refresh=True, prevExist=True)
    assert (again.value, again.ttl) == ("1", 300)
    assert client.write("/k", "1").ttl is None


def test_watches(client: Any) -> None:
    first = client.write("/w/a", "1").modifiedIndex
    client.write("/w/b", "2")
    assert client.watch("/w", index=first, recursive=True, timeout=5).value == "1"
    later = client.read("/w", wait=True, waitIndex=first + 1, recursive=True, timeout=5)
    assert later.value == "2"
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


@pytest.mark.filterwarnings("ignore:The 'warn' method is deprecated")
def test_a_lock_is_taken_up_again_by_its_uuid(client: Any) -> None:
    held = etcd.Lock(client, "trial")
    held.acquire()
    again = etcd.Lock(client, "trial")
    with pytest.raises(ValueError, match="Inexistent"):
        again.uuid = "none"
    again.uuid = held.uuid
    assert again.lock_key == held.lock_key
    assert again.acquire(blocking=False, lock_ttl=100)
    again.release()
    assert not held.is_acquired


def test_a_lock_that_ends_while_it_is_waited_for(client: Any, server: Server) -> None:
    other = etcd.Client(host="127.0.0.1", port=server.port)
    mine, theirs = etcd.Lock(client, "trial"), etcd.Lock(other, "trial")
    mine.acquire()
    assert not theirs.acquire(blocking=False)
    client.delete(theirs.lock_key)
    # What acquire() goes on to, when it waits.
    with pytest.raises(etcd.EtcdLockExpired):
        theirs._acquired(timeout=5)
    mine.release()


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
        assert {each["role"] for each in again.names} == {"guest", "readers", "root"}
        again.acls = {"/r/*": "RW"}
        again.write()
        assert reader.write("/r/x", "2").value == "2"
        with pytest.raises(etcd.EtcdInsufficientPermissions):
            etcd.auth.EtcdRole(reader, "readers").read()
        with pytest.raises(etcd.EtcdKeyNotFound):
            etcd.auth.EtcdUser(root, "none").read()
        for each in (bob, role):
            each.delete()
    finally:
        etcd.auth.Auth(root).active = False
    assert anybody.write("/r/x", "3").value == "3"
