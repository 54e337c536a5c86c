"""How python-etcd finds servers, proves who it is, and fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import dns.resolver
import etcd
import pytest

from tests.clients.https import HttpsServer, https_server
from tests.clients.nameserver import name_server
from tests.cluster.secure import Authority
from tests.harness.cluster import Cluster, running_cluster
from tests.harness.ports import lease_port
from tests.harness.processes import Kind, Server

KINDS = ["vard", pytest.param("etcd", marks=pytest.mark.etcd)]


@pytest.fixture(scope="module", params=KINDS)
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with running_cluster(request.param, 3) as cluster:
        yield cluster


@pytest.fixture
def first(cluster: Cluster) -> Server:
    return cluster.servers[0]


def hosts(cluster: Cluster) -> tuple[tuple[str, int], ...]:
    return tuple(("127.0.0.1", server.port) for server in cluster.servers)


def urls(cluster: Cluster) -> set[str]:
    return {server.endpoint.client_url for server in cluster.servers}


def test_what_a_client_says_of_itself(first: Server) -> None:
    client = etcd.Client(
        host="127.0.0.1",
        port=first.port,
        version_prefix="/v2",
        read_timeout=7,
        allow_redirect=False,
        per_host_pool_size=2,
        lock_prefix="/locks",
    )
    assert (client.host, client.port, client.protocol) == ("127.0.0.1", first.port, "http")
    assert client.base_uri == first.endpoint.client_url
    assert (client.read_timeout, client.allow_redirect) == (7, False)
    assert (client.key_endpoint, client.lock_prefix) == ("/v2/keys", "/locks")
    with etcd.Lock(client, "trial") as lock:
        assert lock.lock_key.startswith("/locks/trial/")


def test_members_their_leader_and_statistics(cluster: Cluster) -> None:
    clients = [etcd.Client(port=server.port) for server in cluster.servers]
    leader = cluster.leader()
    for client in clients:
        assert set(client.machines) == urls(cluster)
        assert {member["name"] for member in client.members.values()} == {"n1", "n2", "n3"}
        assert client.leader["name"] == leader.endpoint.name
        if client.port == leader.port:
            assert len(client.leader_stats["followers"]) == 2
        else:
            with pytest.raises(etcd.EtcdException, match="not current leader"):
                client.leader_stats  # noqa: B018


def test_a_list_of_hosts_wants_leave_to_go_on(cluster: Cluster) -> None:
    with pytest.raises(etcd.EtcdException, match="reconnection not allowed"):
        etcd.Client(host=hosts(cluster))


@pytest.mark.parametrize("use_proxies", [False, True])
def test_a_host_that_is_silent_is_left_out(cluster: Cluster, use_proxies: bool) -> None:
    closed = lease_port()
    known = (("127.0.0.1", closed.port), *hosts(cluster)[:2])
    client = etcd.Client(host=known, allow_reconnect=True, use_proxies=use_proxies)
    client.write("/k", "1")
    assert client.read("/k").value == "1"
    assert client.base_uri in urls(cluster)
    closed.release()


def test_no_server_at_all() -> None:
    closed = lease_port()
    with pytest.raises(etcd.EtcdConnectionFailed):
        etcd.Client(port=closed.port).read("/k")
    known = (("127.0.0.1", closed.port),)
    with pytest.raises(etcd.EtcdException, match="Could not get the list of servers"):
        etcd.Client(host=known, allow_reconnect=True)
    with pytest.raises(etcd.EtcdConnectionFailed, match="No more machines"):
        etcd.Client(host=known, allow_reconnect=True, use_proxies=True).read("/k")
    closed.release()


@pytest.mark.filterwarnings("ignore:please use dns.resolver.resolve")
def test_servers_from_dns(first: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    records = {"_etcd._tcp.store.test.": ("SRV", f"1 1 {first.port} localhost.")}
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
    with name_server(records) as port:
        resolver.port = port
        client = etcd.Client(srv_domain="store.test", allow_reconnect=True)
    assert client.base_uri == f"http://localhost:{first.port}"
    assert client.write("/k", "1").value == "1"


def test_a_cluster_that_is_not_the_expected_one(first: Server) -> None:
    client = etcd.Client(port=first.port)
    client.write("/k", "1")
    known = client.expected_cluster_id
    assert etcd.Client(port=first.port, expected_cluster_id=known).read("/k").value == "1"
    stranger = etcd.Client(port=first.port, expected_cluster_id="cdf818194e3a8c32")
    with pytest.raises(etcd.EtcdClusterIdChanged):
        stranger.read("/k")
    assert stranger.read("/k").value == "1"


def test_reads_and_watches_go_on_at_another_member(cluster: Cluster) -> None:
    first, second, third = cluster.servers
    writer = etcd.Client(port=third.port)
    index = writer.write("/w", "0").modifiedIndex
    known = (("127.0.0.1", first.port), ("127.0.0.1", second.port))
    reader, watcher = (etcd.Client(host=known, allow_reconnect=True) for _ in range(2))
    values: list[str] = []
    told = threading.Event()

    def follow() -> None:
        for event in islice(watcher.eternal_watch("/w", index=index), 2):
            values.append(event.value)
            told.set()

    watching = threading.Thread(target=follow)
    watching.start()
    assert told.wait(20)
    first.kill()
    try:
        cluster.leader()
        assert reader.read("/w", quorum=True).value == "0"
        assert reader.base_uri != first.endpoint.client_url
        writer.write("/w", "1")
        watching.join(20)
        assert values == ["0", "1"]
    finally:
        first.start()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module", params=KINDS)
def secured(request: pytest.FixtureRequest, authority: Authority) -> Iterator[HttpsServer]:
    kind: Kind = request.param
    with https_server(kind, authority) as server:
        yield server


def test_certificates_as_one_file_and_as_two(
    secured: HttpsServer, authority: Authority, tmp_path: Path
) -> None:
    pair = authority.issue("client")
    both = tmp_path / "both.pem"
    both.write_bytes(Path(pair.cert_file).read_bytes() + Path(pair.key_file).read_bytes())
    for cert in ((pair.cert_file, pair.key_file), str(both)):
        client = etcd.Client(
            port=secured.https_port,
            protocol="https",
            cert=cert,
            ca_cert=authority.ca_file,
            allow_reconnect=True,
        )
        assert client.write("/k", "1").value == "1"
        assert client.machines == [secured.https_url]
        assert client.protocol == "https"


def test_certificates_that_are_missing_or_strange(
    secured: HttpsServer, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    own, others = authority.issue("client"), stranger.issue("client")
    for cert, ca_cert in (
        (None, authority.ca_file),
        ((others.cert_file, others.key_file), authority.ca_file),
        ((own.cert_file, own.key_file), stranger.ca_file),
    ):
        client = etcd.Client(
            port=secured.https_port, protocol="https", cert=cert, ca_cert=ca_cert, read_timeout=5
        )
        with pytest.raises(etcd.EtcdConnectionFailed):
            client.read("/")
