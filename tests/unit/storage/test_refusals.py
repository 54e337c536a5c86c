"""What `open_storage` refuses, and that it leaves what it refused as it was."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.storage.builders import IDENTITY, populate, read_all
from vard_http.storage import Identity, Storage, StorageError, exists, open_storage

HOLD_LOCK = """
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(fd, fcntl.LOCK_EX)
os.write(fd, b"%d" % os.getpid())
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data_dir(storage: Storage, tmp_path: Path) -> Path:
    """A populated one, closed."""
    populate(storage)
    storage.close()
    return tmp_path / "data"


def edit(data_dir: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data_dir / "vard.db", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_exists_tells_a_data_directory_in_use(storage: Storage, tmp_path: Path) -> None:
    assert exists(tmp_path / "data")
    assert not exists(tmp_path)
    assert not exists(tmp_path / "nowhere")


def test_an_identity_is_recorded_and_found_again(data_dir: Path) -> None:
    for identity in (IDENTITY, None):
        with closing(open_storage(data_dir, identity)) as storage:
            assert storage.identity == IDENTITY


@pytest.mark.parametrize(
    "other",
    [
        Identity(1, IDENTITY.node_id, IDENTITY.name),
        Identity(IDENTITY.cluster_id, 1, IDENTITY.name),
        Identity(IDENTITY.cluster_id, IDENTITY.node_id, "other"),
    ],
)
def test_another_members_directory_is_refused(data_dir: Path, other: Identity) -> None:
    with pytest.raises(StorageError) as refusal:
        open_storage(data_dir, other)
    assert str(IDENTITY) in str(refusal.value)
    assert str(other) in str(refusal.value)
    assert read_all(data_dir)[0] == IDENTITY


def test_without_an_identity_nothing_is_created(tmp_path: Path) -> None:
    for data_dir in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StorageError, match=r"holds no vard\.db"):
            open_storage(data_dir, None)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD_LOCK, str(tmp_path / "LOCK")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StorageError, match=f"in use by process {holder.pid};"):
            open_storage(tmp_path, IDENTITY)
        assert not exists(tmp_path)
        holder.communicate()
    open_storage(tmp_path, IDENTITY).close()


def test_a_directory_is_free_again_after_a_refusal(data_dir: Path) -> None:
    with pytest.raises(StorageError):
        open_storage(data_dir, Identity(1, 2, "other"))
    open_storage(data_dir, IDENTITY).close()


@pytest.mark.parametrize("part", ["snap", "wal"])
def test_etcds_directory_is_refused_and_left_alone(tmp_path: Path, part: str) -> None:
    (tmp_path / "member" / part).mkdir(parents=True)
    (tmp_path / "member" / part / "0.file").write_bytes(b"etcd's")
    with pytest.raises(StorageError, match=f"of etcd .*member/{part}"):
        open_storage(tmp_path, IDENTITY)
    assert contents(tmp_path) == {"0.file": b"etcd's"}


def test_a_path_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be used"):
        open_storage(tmp_path / "file", IDENTITY)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged: it is empty"),
        (b"not a database, but of some length " * 100, "is not an SQLite database"),
        (b"SQLite format 3\0", "is not an SQLite database"),
        (b"SQLite format 3\0" + bytes(200), r"another program's .*application_id 00000000"),
    ],
)
def test_a_foreign_file_is_refused_and_left_alone(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "vard.db").write_bytes(content)
    with pytest.raises(StorageError, match=message):
        open_storage(tmp_path, IDENTITY)
    assert contents(tmp_path)["vard.db"] == content


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    edit(tmp_path, "PRAGMA application_id=7", "CREATE TABLE log (last)")
    before = contents(tmp_path)["vard.db"]
    with pytest.raises(StorageError, match="another program's"):
        open_storage(tmp_path, IDENTITY)
    assert contents(tmp_path)["vard.db"] == before


def test_a_database_open_in_another_program_is_refused(data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / "vard.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM log")
        with pytest.raises(StorageError, match="another program has the file open"):
            open_storage(data_dir, IDENTITY)
        other.execute("ROLLBACK")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DROP TABLE hard_state", "tables missing, unknown or altered: hard_state"),
        ("CREATE TABLE extra (a)", "tables missing, unknown or altered: extra"),
        ("ALTER TABLE log RENAME COLUMN crc TO sum", "unknown or altered: log"),
        ("DROP TABLE _sqlite_migrations", "the record of its schema is missing"),
        ("DELETE FROM _sqlite_migrations", "the record of its schema is missing"),
        ("UPDATE _sqlite_migrations SET name = 'other'", "not this program's"),
        ("DELETE FROM identity", "identity of its member is missing"),
        ("UPDATE identity SET node_id = 7", "identity of its member fails its checksum"),
        ("DELETE FROM hard_state", r"hard state \(term and vote\) is missing"),
        ("UPDATE hard_state SET vote = 7", "hard state fails its checksum"),
        ("UPDATE hard_state SET term = 7", "hard state fails its checksum"),
        ("DELETE FROM log WHERE last = 30", "entry 26 is missing"),
        ("DELETE FROM log WHERE last = 60", "committed, but the log ends at 59"),
        ("DELETE FROM log WHERE last <= 25", r"entries 26 to 60 do not join .* ends at 20"),
        ("DELETE FROM log WHERE last > 15", r"entries 11 to 15 do not join"),
        ("UPDATE log SET first = 27 WHERE last = 30", "entry 26 is missing"),
        ("UPDATE log SET crc = crc + 1 WHERE last = 30", "entries 26 to 30 fail their checksum"),
        ("UPDATE log SET entries = x'c0' WHERE last = 30", "26 to 30 fail their checksum"),
        ("DELETE FROM snapshot", "do not join the snapshot, which ends at 0"),
        ("UPDATE snapshot SET position = 30", "record of the snapshot at 30 fails its checksum"),
        ("UPDATE snapshot SET chunks = 2", "record of the snapshot at 20 fails its checksum"),
        ("DELETE FROM snapshot_chunk WHERE id & 3 = 1", "snapshot at 20 has 2 of 3 chunks"),
        ("DELETE FROM snapshot_chunk WHERE id & 3 = 2", "snapshot at 20 has 2 of 3 chunks"),
        ("UPDATE snapshot_chunk SET id = id + 1 WHERE id & 3 = 2", "has 3 of 3 chunks"),
        ("UPDATE snapshot_chunk SET data = x'00' WHERE id & 3 = 1", "chunk 1 .* its checksum"),
    ],
)
def test_a_database_that_is_not_whole_is_refused(
    data_dir: Path, statement: str, message: str
) -> None:
    edit(data_dir, statement)
    with pytest.raises(StorageError, match=message) as refusal:
        read_all(data_dir)
    assert "add it anew with an empty data directory" in str(refusal.value)
    assert exists(data_dir)


def crash_copy(storage: Storage, tmp_path: Path) -> Path:
    """What a crash would leave of an open storage."""
    return shutil.copytree(tmp_path / "data", tmp_path / "copy")


def test_a_database_copied_without_its_wal_is_refused(storage: Storage, tmp_path: Path) -> None:
    populate(storage)
    copy = crash_copy(storage, tmp_path)
    (copy / "vard.db-wal").unlink()
    for _ in range(2):
        with pytest.raises(StorageError, match=r"vard\.db-wal, which holds .* is missing"):
            open_storage(copy, IDENTITY)


def test_a_wal_without_its_database_is_refused(storage: Storage, tmp_path: Path) -> None:
    populate(storage)
    copy = crash_copy(storage, tmp_path)
    (copy / "vard.db").unlink()
    before = contents(copy)["vard.db-wal"]
    with pytest.raises(StorageError, match=r"vard\.db, is missing"):
        open_storage(copy, IDENTITY)
    assert contents(copy)["vard.db-wal"] == before


def test_an_unfinished_creation_is_begun_anew(tmp_path: Path) -> None:
    for name in ("vard.db.new", "vard.db.new-journal"):
        (tmp_path / name).write_bytes(b"left by a crash")
    open_storage(tmp_path, IDENTITY).close()
    assert sorted(contents(tmp_path)) == ["LOCK", "vard.db"]


@pytest.mark.parametrize("close", [Storage.close, lambda storage: None], ids=["closed", "crashed"])
def test_what_was_refused_can_be_read_by_its_owner(
    storage: Storage, tmp_path: Path, close: Callable[[Storage], None]
) -> None:
    populate(storage)
    expected = storage.recover()
    close(storage)
    copy = crash_copy(storage, tmp_path)
    with pytest.raises(StorageError):
        open_storage(copy, Identity(1, 2, "other"))
    assert read_all(copy)[1] == expected
