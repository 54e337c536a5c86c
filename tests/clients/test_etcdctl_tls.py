"""etcdctl with certificates, on vard_http and on etcd."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest

from tests.clients.etcdctl import Etcdctl
from tests.clients.etcdctl_commands import ctl
from tests.cluster.secure import Authority
from tests.harness.ports import lease_port
from tests.harness.processes import Endpoint, Kind, Server

pytestmark = pytest.mark.etcd

KINDS: tuple[Kind, Kind] = ("vard", "etcd")
SHOWN = "--ca-file {ca} --cert-file {cert} --key-file {key}"

COMMANDS = [
    ("--ca-file {ca} set foo bar", 4),
    (f"{SHOWN} set foo bar", 0),
    (f"{SHOWN} get foo", 0),
    (f"{SHOWN} cluster-health", 0),
    (f"{SHOWN} member list", 0),
    (f"{SHOWN} --no-sync ls", 0),
    ("--ca-file {ca} --cert-file {cert} get foo", 1),
    ("--cert-file {cert} --key-file {key} get foo", 4),
    ("--ca-file {ca}.missing get foo", 1),
]


class HttpsServer(Server):
    """A member that advertises a TLS port, and has a plain one for the harness."""

    def __init__(self, kind: Kind, flags: Sequence[str]) -> None:
        endpoint = Endpoint()
        self._tls = lease_port()
        self.https_url = f"https://127.0.0.1:{self._tls.port}"
        urls = (
            f"--listen-client-urls={endpoint.client_url},{self.https_url}",
            f"--advertise-client-urls={self.https_url}",
        )
        super().__init__(kind, endpoint, extra_flags=[*urls, *flags])

    def close(self) -> None:
        super().close()
        self._tls.release()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def files(authority: Authority) -> dict[str, str]:
    client = authority.issue("client")
    return {
        "{ca}": authority.ca_file,
        "{cert}": str(client.cert_file),
        "{key}": str(client.key_file),
    }


@pytest.fixture(scope="module")
def servers(authority: Authority) -> Iterator[list[HttpsServer]]:
    pair = authority.issue("server", "127.0.0.1")
    flags = [*authority.client_flags(pair), f"--trusted-ca-file={authority.ca_file}"]
    with ExitStack() as stack:
        running: list[HttpsServer] = []
        for kind in KINDS:
            server = HttpsServer(kind, [*flags, "--client-cert-auth"])
            stack.callback(server.close)
            server.start()
            running.append(server)
        yield running


@pytest.mark.parametrize(("line", "status"), COMMANDS)
def test_certificates(
    servers: list[HttpsServer], files: dict[str, str], line: str, status: int
) -> None:
    for placeholder, file in files.items():
        line = line.replace(placeholder, file)
    vard, etcd = (Etcdctl([server], server.https_url).run(ctl(line)) for server in servers)
    assert (vard.status, vard.stdout) == (etcd.status, etcd.stdout)
    assert vard.status == status
    # Asked for a certificate, OpenSSL says what is missing; the Go of etcd 3.4 calls it bad.
    for own, others in zip(vard.stderr, etcd.stderr, strict=True):
        assert own.replace("tls: certificate required", "tls: bad certificate") == others
