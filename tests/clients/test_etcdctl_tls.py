"""etcdctl with certificates, on vard_http and on etcd."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from tests.clients.etcdctl import Etcdctl, Outcome
from tests.clients.etcdctl_commands import ctl
from tests.clients.https import HttpsServer, https_server
from tests.cluster.secure import Authority
from tests.harness.processes import Kind

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
    with ExitStack() as stack:
        yield [stack.enter_context(https_server(kind, authority)) for kind in KINDS]


@pytest.mark.parametrize(("line", "status"), COMMANDS)
def test_certificates(
    servers: list[HttpsServer], files: dict[str, str], line: str, status: int
) -> None:
    for placeholder, file in files.items():
        line = line.replace(placeholder, file)
    vard, etcd = (Etcdctl([server], server.https_url).run(ctl(line)) for server in servers)
    assert _told_alike(vard) == _told_alike(etcd)
    assert vard.status == status


def _told_alike(outcome: Outcome) -> Outcome:
    """Asked for a certificate, OpenSSL says what is missing; the Go of etcd 3.4 calls it bad.

    Whether etcdctl hears of it before or after its request is chance, and shows.
    """
    changes = {"tls: certificate required": "tls: bad certificate", "readLoopPeekFailLocked: ": ""}
    said = outcome.stderr
    for old, new in changes.items():
        said = tuple(line.replace(old, new) for line in said)
    return replace(outcome, stderr=said)
