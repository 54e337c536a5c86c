"""`vardctl` with certificates, beside etcdctl on one member that wants them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.etcdctl import Etcdctl, Outcome
from tests.clients.etcdctl_commands import ctl
from tests.clients.https import HttpsServer, https_server
from tests.clients.test_etcdctl_tls import COMMANDS
from tests.cluster.secure import Authority
from tests.ctl.inside import run_alone
from tests.ctl.vardctl import Vardctl

pytestmark = pytest.mark.etcd


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def files(authority: Authority) -> dict[str, str]:
    client = authority.issue("client")
    return {"ca": authority.ca_file, "cert": str(client.cert_file), "key": str(client.key_file)}


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[HttpsServer]:
    with https_server("vard", authority) as running:
        yield running


@pytest.mark.parametrize(("line", "status"), COMMANDS)
def test_as_etcdctl(server: HttpsServer, files: dict[str, str], line: str, status: int) -> None:
    command = ctl(line.format(**files))
    etcdctl, vardctl = (
        client([server], server.https_url).run(command) for client in (Etcdctl, Vardctl)
    )
    assert _told(vardctl) == _told(etcdctl)
    assert vardctl.status == status


def _told(outcome: Outcome) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """What OpenSSL says of a handshake is not what Go says."""
    handshake = any("cluster is unavailable" in line for line in outcome.stderr)
    return outcome.status, outcome.stdout, () if handshake else outcome.stderr


def test_variables_name_the_files(server: HttpsServer, files: dict[str, str]) -> None:
    for tool in ("VARDCTL", "ETCDCTL"):
        environ = {f"{tool}_{name.upper()}_FILE": path for name, path in files.items()}
        ran = run_alone(["ls"], {**environ, f"{tool}_ENDPOINTS": server.https_url})
        assert (ran.status, ran.err) == (0, "")
