"""Tables and their migrations. The schema's version is the number of migrations applied.

All tables are STRICT and keyed by rowid: there is no secondary index that could disagree with its
table. Unsigned 64-bit integers are stored as signed ones of the same bits. Every row ends in a
CRC-32 of its other columns.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database, Migrations

from vard_http.storage.errors import StorageError, damaged

APPLICATION_ID = 0x76617264
"""`PRAGMA application_id`: "vard"."""

MIGRATIONS = Migrations("vard_http")


@MIGRATIONS()
def create_tables(db: Database) -> None:
    def create(name: str, columns: dict[str, type], key: str, optional: str = "") -> None:
        required = columns.keys() - {key, optional}
        db.table(name).create(columns, pk=key, not_null=required, strict=True)

    create(
        "identity",
        {"id": int, "cluster_id": int, "node_id": int, "name": str, "crc": int},
        "id",
    )
    create(
        "hard_state",
        {"id": int, "term": int, "vote": int, "commit_index": int, "crc": int},
        "id",
    )
    create("log", {"last": int, "first": int, "entries": bytes, "crc": int}, "last")
    create(
        "snapshot",
        {
            "id": int,
            "position": int,
            "term": int,
            "configuration": bytes,
            "chunks": int,
            "crc": int,
        },
        "id",
        optional="chunks",
    )
    create("snapshot_chunk", {"id": int, "data": bytes, "crc": int}, "id")


def wrap(connection: sqlite3.Connection) -> Database:
    """sqlite-utils on `connection`, leaving the connection's settings alone."""
    return Database(connection, recursive_triggers=False, execute_plugins=False)


def migrate(connection: sqlite3.Connection, migrations: Migrations) -> None:
    """Bring the schema to the latest version, all in one transaction."""
    db = wrap(connection)
    with db.atomic():
        migrations.apply(db)


def _names(connection: sqlite3.Connection, migrations: Migrations) -> list[str]:
    return [migration.name for migration in migrations.applied(wrap(connection))]


def _tables(connection: sqlite3.Connection, migrations: Migrations) -> dict[str, object]:
    """What matters of each table; its SQL text may differ between versions of sqlite-utils."""
    db = wrap(connection)
    names = set(db.table_names()) - {migrations.migrations_table}
    return {name: (db.table(name).columns, db.table(name).strict) for name in names}


def check_version(connection: sqlite3.Connection, path: Path, migrations: Migrations) -> bool:
    """Whether migrations are pending; StorageError if the file is newer than this program."""
    applied = _names(connection, migrations)
    with closing(sqlite3.connect(":memory:")) as empty:
        known = [migration.name for migration in migrations.pending(wrap(empty))]
    if len(applied) > len(known) and applied[: len(known)] == known:
        raise StorageError(
            f"{path} has schema version {len(applied)}, this program knows versions up to "
            f"{len(known)}; start the newer program that wrote it"
        )
    if not applied or applied != known[: len(applied)]:
        raise damaged(path, "the record of its schema is missing or not this program's")
    return len(applied) < len(known)


def check_tables(connection: sqlite3.Connection, path: Path, migrations: Migrations) -> None:
    """Raises StorageError unless the tables are exactly those the migrations make."""
    with closing(sqlite3.connect(":memory:")) as fresh:
        migrate(fresh, migrations)
        expected = _tables(fresh, migrations)
    found = _tables(connection, migrations)
    if found != expected:
        names = expected.keys() | found.keys()
        wrong = sorted(name for name in names if found.get(name) != expected.get(name))
        raise damaged(path, f"tables missing, unknown or altered: {', '.join(wrong)}")
