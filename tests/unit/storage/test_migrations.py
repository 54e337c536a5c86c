"""Schema versions: older ones are migrated, newer ones refused."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from tests.unit.storage.builders import IDENTITY, populate, read_all
from vard_http.storage import Storage, StorageError, files, open_storage
from vard_http.storage.schema import create_tables


def versions(count: int, *, fail: bool = False) -> Migrations:
    """The real first version and `count` - 1 later ones; with `fail` the last of them breaks."""
    migrations = Migrations("vard_http")
    migrations(name="create_tables")(create_tables)
    for number in range(2, count + 1):

        def migrate(db: Database, number: int = number) -> None:
            db.table(f"version_{number}").create({"id": int}, pk="id", strict=True)
            if fail and number == count:
                db.execute("INSERT INTO nowhere VALUES (1)")

        migrations(name=f"version_{number}")(migrate)
    return migrations


@pytest.fixture
def data_dir(storage: Storage, tmp_path: Path) -> Path:
    populate(storage)
    storage.close()
    return tmp_path / "data"


def test_an_older_schema_is_migrated_and_keeps_its_content(data_dir: Path) -> None:
    before = read_all(data_dir)[1]
    with closing(open_storage(data_dir, IDENTITY, migrations=versions(3))) as storage:
        assert storage.recover() == before
        assert storage._database.query("SELECT count(*) FROM version_3") == [(0,)]
    open_storage(data_dir, IDENTITY, migrations=versions(3)).close()


def test_a_migration_happens_whole_or_not_at_all(data_dir: Path) -> None:
    before = read_all(data_dir)
    with pytest.raises(StorageError, match="nowhere"):
        open_storage(data_dir, IDENTITY, migrations=versions(3, fail=True))
    with closing(sqlite3.connect(data_dir / "vard.db")) as connection:
        sql = "SELECT count(*) FROM sqlite_master WHERE name LIKE 'version%'"
        assert connection.execute(sql).fetchone() == (0,)
    assert read_all(data_dir) == before


def test_a_newer_schema_is_refused(data_dir: Path) -> None:
    open_storage(data_dir, IDENTITY, migrations=versions(3)).close()
    with pytest.raises(StorageError, match=r"has schema version 3, this .* versions up to 1"):
        open_storage(data_dir, IDENTITY)
    open_storage(data_dir, IDENTITY, migrations=versions(3)).close()


def test_a_refusal_after_a_crash_amid_a_checkpoint_costs_nothing(
    data_dir: Path, tmp_path: Path
) -> None:
    crashed = tmp_path / "crashed"
    with closing(open_storage(data_dir, IDENTITY, migrations=versions(2))) as storage:
        expected = storage.recover()
        storage._database._mark(files.IN_USE)
        storage._database.query("PRAGMA wal_checkpoint(PASSIVE)")
        shutil.copytree(data_dir, crashed)
    for _ in range(2):
        with pytest.raises(StorageError, match="has schema version 2"):
            open_storage(crashed, IDENTITY)
    with closing(open_storage(crashed, IDENTITY, migrations=versions(2))) as storage:
        assert storage.recover() == expected
