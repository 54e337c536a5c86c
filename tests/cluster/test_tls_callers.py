"""Whose certificate lets in, on both ports of a member and of etcd with the same flags."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster.secure import Authority, ask
from tests.harness.ports import lease_port
from tests.harness.processes import Endpoint, Kind, Server
from tests.unit.tls.test_revocation import revoke, serials

KINDS = ("vard", pytest.param("etcd", marks=pytest.mark.etcd))
SUITE = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@contextmanager
def client_port(kind: Kind, flags: Sequence[str]) -> Iterator[int]:
    """The TLS port for clients of a member that serves."""
    endpoint, port = Endpoint(), lease_port()
    urls = f"--listen-client-urls={endpoint.client_url},https://127.0.0.1:{port.port}"
    with Server(kind, endpoint, extra_flags=[urls, *flags]) as server:
        server.start()
        yield port.port
    port.release()


@contextmanager
def peer_port(kind: Kind, flags: Sequence[str]) -> Iterator[int]:
    """The TLS port for peers of a member that serves."""
    endpoint = Endpoint()
    url = endpoint.peer_url.replace("http:", "https:")
    urls = [f"--{name}={url}" for name in ("listen-peer-urls", "initial-advertise-peer-urls")]
    with Server(
        kind, endpoint, initial_cluster=f"default={url}", extra_flags=[*urls, *flags]
    ) as server:
        server.start()
        yield int(url.rpartition(":")[2])


def is_let_in(port: int, context: ssl.SSLContext, target: str = "/version") -> bool:
    try:
        return ask(port, context, "GET", target) == 200
    except (ssl.SSLError, ConnectionError):
        return False


def with_suite(context: ssl.SSLContext, name: str) -> ssl.SSLContext:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(name)
    return context


@pytest.mark.parametrize("kind", KINDS)
def test_clients(kind: Kind, authority: Authority, tmp_path: Path) -> None:
    alice, revoked = (authority.issue(name, "alice.test") for name in ("alice", "revoked"))
    eve = authority.issue("eve", "eve.test")
    revoke(tmp_path / "crl", serials(revoked)[0])
    flags = [
        *authority.client_flags(authority.issue("server")),
        f"--trusted-ca-file={authority.ca_file}",
        "--client-cert-auth",
        "--client-cert-allowed-hostname=alice.test",
        f"--client-crl-file={tmp_path / 'crl'}",
        f"--cipher-suites={SUITE}",
    ]
    with client_port(kind, flags) as port:
        assert is_let_in(port, authority.client(alice))
        assert not is_let_in(port, authority.client(eve))
        assert not is_let_in(port, authority.client(revoked))
        listed, other = "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"
        assert is_let_in(port, with_suite(authority.client(alice), listed))
        assert not is_let_in(port, with_suite(authority.client(alice), other))


@pytest.mark.parametrize("kind", KINDS)
def test_peers_by_common_name(kind: Kind, authority: Authority, tmp_path: Path) -> None:
    peer = authority.issue("peer")
    revoked = authority.issue("revoked")
    eve = authority.issue("eve")
    elsewhere = Authority(tmp_path, "again")
    elsewhere.ca = authority.ca
    revoke(tmp_path / "crl", serials(revoked)[0])
    moved = elsewhere.issue("peer", "other.test")
    flags = [
        *authority.peer_flags(peer),
        "--peer-cert-allowed-cn=peer",
        f"--peer-crl-file={tmp_path / 'crl'}",
    ]
    with peer_port(kind, flags) as port:
        assert is_let_in(port, authority.client(peer))
        assert not is_let_in(port, authority.client(eve))
        assert not is_let_in(port, authority.client(revoked))
        assert not is_let_in(port, authority.client(moved))


@pytest.mark.parametrize("kind", KINDS)
def test_peers_by_host_wherever_they_are(kind: Kind, authority: Authority) -> None:
    peer = authority.issue("peer", "127.0.0.1", "peer.test")
    moved, eve = authority.issue("moved", "peer.test"), authority.issue("eve", "eve.test")
    flags = [
        *authority.peer_flags(peer),
        "--peer-cert-allowed-hostname=peer.test",
        "--experimental-peer-skip-client-san-verification",
    ]
    with peer_port(kind, flags) as port:
        assert is_let_in(port, authority.client(moved))
        assert not is_let_in(port, authority.client(eve))
