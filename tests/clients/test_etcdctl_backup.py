"""`etcdctl backup`, which asks no server but reads a data directory of etcd's format."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.etcdctl import Command, Etcdctl
from tests.clients.etcdctl_commands import ctl
from tests.cluster.client import value_of, write
from tests.cluster.transfers import begun_by, only, run
from tests.harness.processes import start_server
from tests.unit.transfer.support import files

pytestmark = pytest.mark.etcd

WHOLE = ctl("backup --data-dir {data} --backup-dir {backup}")
APART = ctl(
    "backup --data-dir {data} --wal-dir {data}/member/wal "
    "--backup-dir {backup} --backup-wal-dir {wal} --with-v3"
)
COMMANDS = [WHOLE, APART]


def filled(command: Command, data: Path, directory: Path) -> Command:
    """With the directory to read, and two in `directory` to write."""
    named = {"data": data, "backup": directory / "backup", "wal": directory / "wal"}
    return Command(tuple(argument.format(**named) for argument in command.arguments))


def test_a_backup_of_etcd_is_imported(tmp_path: Path) -> None:
    whole, apart = tmp_path / "whole", tmp_path / "apart"
    with start_server("etcd") as etcd:
        write(etcd, "k", "1")
        etcd.terminate()
        for command, made in ((WHOLE, whole), (APART, apart)):
            made.mkdir()
            command = filled(command, etcd.directory / "data", made)
            assert Etcdctl([etcd]).run(command).status == 0
    run("import", "--data-dir", apart / "backup", "--wal-dir", apart / "wal", "--into", whole / "n")
    with begun_by(1, "import", "--data-dir", whole / "backup") as new:
        assert value_of(only(new), "k") == "1"


def test_our_data_is_not_in_etcds_format_and_stays_as_it_is(tmp_path: Path) -> None:
    with start_server("vard") as server:
        write(server, "k", "1")
        server.terminate()
        data = server.directory / "data"
        before = files(data)
        outcome = Etcdctl([server]).run(filled(WHOLE, data, tmp_path))
        assert outcome.status == 1
        assert outcome.stderr[0].endswith(f"open {data}/member/snap: no such file or directory\n")
        assert files(data) == before
