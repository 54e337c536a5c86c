"""The commands' arguments and exit statuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.transfer.support import files, some_content, unpack
from vard_http.cli import main
from vard_http.store import dump
from vard_http.transfer.archive import write_archive

IMPORT_NEEDS = "give --from and --to, or --data-dir and --into"


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    content = some_content()
    path = tmp_path / "backup"
    path.write_bytes(b"".join(write_archive(content.head, dump(content.store))))
    return path


@pytest.mark.parametrize("command", ["backup", "restore", "import"])
def test_each_command_has_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert f"usage: vard-http {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["backup"], "required: FILE"),
        (["backup", "--endpoint", "http://x:1", "--data-dir", "d", "f"], "not allowed with"),
        (["restore", "f"], "required: --data-dir"),
        (["restore", "f", "--data", "d"], "required: --data-dir"),
        (["import"], IMPORT_NEEDS),
        (["import", "--from", "http://x:1"], IMPORT_NEEDS),
        (["import", "--from", "u", "--to", "u", "--into", "d"], IMPORT_NEEDS),
        (["import", "--data-dir", "d"], IMPORT_NEEDS),
    ],
)
def test_wrong_arguments_end_with_2(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["backup", "--endpoint", "ftp://x:1", "f"], "is not of the form http://host:port"),
        (["backup", "--endpoint", "http://x:port", "f"], "is not a URL"),
        (["backup", "--endpoint", "https://x:1", "--ca-file", "/no", "f"], "files for TLS"),
        (["backup", "--data-dir", "/nowhere", "f"], "holds no vard.db"),
        (["restore", "/nowhere", "--data-dir", "d"], "No such file"),
        (["import", "--data-dir", "/nowhere", "--into", "d"], "not a data directory of etcd"),
    ],
)
def test_what_cannot_be_done_ends_with_1_and_one_line(
    arguments: list[str],
    reason: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"vard-http {arguments[0]}: ")
    assert reason in line
    assert not list(tmp_path.iterdir())


def test_a_backup_is_restored_and_backed_up_again(
    backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir = tmp_path / "data"
    assert main(["restore", str(backup), "--data-dir", str(data_dir)]) == 0
    assert "one of 1, at index 26" in capsys.readouterr().err
    assert main(["backup", "--data-dir", str(data_dir), str(tmp_path / "again")]) == 0
    assert "at index 26 (Raft index 70, term 5)" in capsys.readouterr().err


def test_a_damaged_backup_makes_no_directory(backup: Path, tmp_path: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:-1])
    assert main(["restore", str(backup), "--data-dir", str(tmp_path / "data")]) == 1
    assert list(tmp_path.iterdir()) == [backup]


def test_a_directory_of_etcd_is_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    etcd = unpack("single", tmp_path / "etcd")
    before = files(etcd)
    wal = (etcd / "member" / "wal").rename(tmp_path / "wal")
    arguments = ["import", "--data-dir", str(etcd), "--into", str(tmp_path / "new")]
    assert main(arguments) == 1
    assert main([*arguments, "--wal-dir", str(wal)]) == 0
    assert "whose log ends at entry" in capsys.readouterr().err
    wal.rename(etcd / "member" / "wal")
    assert files(etcd) == before


def test_members_made_of_one_directory_of_etcd_are_the_same_to_the_byte(tmp_path: Path) -> None:
    etcd = unpack("log-only", tmp_path / "etcd")
    urls = ["--initial-cluster", "n1=http://a:1,n2=http://b:1"]
    backups = []
    for name in ("n1", "n2"):
        made = tmp_path / name
        named = ["--name", name, *urls]
        assert main(["import", "--data-dir", str(etcd), "--into", str(made), *named]) == 0
        assert main(["backup", "--data-dir", str(made), str(tmp_path / f"{name}.backup")]) == 0
        backups.append((tmp_path / f"{name}.backup").read_bytes())
    assert backups[0] == backups[1]
