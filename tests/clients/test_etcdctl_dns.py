"""etcdctl that looks up its endpoints in DNS, on vard_http and on etcd.

etcdctl asks the name servers of /etc/resolv.conf, on port 53. It gets a file of its own in a mount
namespace of its own, which takes root and a kernel that permits it.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.clients.etcdctl import Command, Etcdctl
from tests.clients.etcdctl_commands import UNREACHABLE, ctl
from tests.clients.nameserver import name_server
from tests.harness.processes import Kind, start_server

pytestmark = pytest.mark.etcd

KINDS: tuple[Kind, Kind] = ("vard", "etcd")

COMMANDS = [
    (ctl("-D store.test --insecure-discovery set foo bar"), 0),
    (ctl("--discovery-srv store.test --insecure-discovery get foo"), 0),
    (ctl("-D store.test --insecure-discovery --no-sync ls"), 0),
    (ctl("-D none.test --insecure-discovery get foo"), 1),
]


def may_mount() -> bool:
    if os.geteuid() != 0:
        return False
    made = subprocess.run(["unshare", "--mount", "true"], capture_output=True)
    return made.returncode == 0


@pytest.fixture(scope="module")
def etcdctls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Etcdctl]]:
    if not may_mount():
        pytest.skip("only root may give etcdctl another /etc/resolv.conf, and not everywhere")
    with ExitStack() as stack:
        yield [finding(Etcdctl, kind, tmp_path_factory.mktemp(kind), stack) for kind in KINDS]


def finding(client: type[Etcdctl], kind: Kind, directory: Path, stack: ExitStack) -> Etcdctl:
    """A client whose DNS knows one server, and whose own endpoint does not answer."""
    server = stack.enter_context(start_server(kind))
    records = {
        "_etcd-client._tcp.store.test.": ("SRV", f"1 1 {server.port} n1.store.test."),
        "n1.store.test.": ("A", "127.0.0.1"),
    }
    address = f"127.{random.randint(1, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}"
    stack.enter_context(name_server(records, (address, 53)))
    configuration = directory / "resolv.conf"
    configuration.write_text(f"nameserver {address}\n")
    mount = f'mount --bind {configuration} /etc/resolv.conf && exec "$@"'
    return client([server], UNREACHABLE, ["unshare", "--mount", "sh", "-c", mount, "sh"])


@pytest.mark.parametrize(("command", "status"), COMMANDS, ids=str)
def test_endpoints_in_dns(etcdctls: list[Etcdctl], command: Command, status: int) -> None:
    vard, etcd = (etcdctl.run(command) for etcdctl in etcdctls)
    assert (vard.status, vard.stdout) == (etcd.status, etcd.stdout)
    assert vard.status == status
