"""`vardctl` that looks up its endpoints in DNS."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.clients.etcdctl_commands import ctl
from tests.clients.test_etcdctl_dns import COMMANDS, finding, may_mount
from tests.ctl.vardctl import VardctlProcess


def test_endpoints_in_dns(tmp_path: Path) -> None:
    if not may_mount():
        pytest.skip("only root may give vardctl another /etc/resolv.conf, and not everywhere")
    with ExitStack() as stack:
        vardctl = finding(VardctlProcess, "vard", tmp_path, stack)
        for command, status in COMMANDS:
            assert vardctl.run(command).status == status, command
        insecure = vardctl.run(ctl("-D store.test --no-sync get foo"))
        assert insecure.stderr[0].startswith("ignoring discovered insecure endpoint")
        assert insecure.status == 4
