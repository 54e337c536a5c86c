"""From a data directory to an open storage: whose it is, whether it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlite_utils import Migrations

from vard_http.raft.messages import HardState
from vard_http.storage import database, files
from vard_http.storage.codec import checksum, signed, unsigned
from vard_http.storage.database import Database
from vard_http.storage.errors import StorageError, damaged
from vard_http.storage.lock import DirectoryLock
from vard_http.storage.log import INSERT_HARD_STATE, hard_state_row
from vard_http.storage.schema import MIGRATIONS
from vard_http.storage.storage import Storage
from vard_http.storage.types import Identity

DATABASE = "vard.db"
_INSERT_IDENTITY = "INSERT INTO identity VALUES (1, ?, ?, ?, ?)"


def exists(data_dir: Path) -> bool:
    """Whether `data_dir` holds a node's database, of whatever state."""
    return (data_dir / DATABASE).exists()


def open_storage(
    data_dir: Path, identity: Identity | None, *, migrations: Migrations = MIGRATIONS
) -> Storage:
    """Open the database in `data_dir`, or create both for `identity`; None opens only.

    Raises StorageError, and replaces or deletes nothing, if the directory is in use or etcd's, or
    if the database is another member's, foreign, damaged or of a newer schema.
    """
    _refuse_etcd(data_dir)
    try:
        if identity is None and not exists(data_dir):
            raise StorageError(
                f"{data_dir} holds no {DATABASE}; check the path of the data directory"
            )
        _make_directory(data_dir)
        lock = DirectoryLock(data_dir)
        try:
            return _open_locked(data_dir / DATABASE, lock, identity, migrations)
        except BaseException:
            lock.release()
            raise
    except OSError as error:
        raise StorageError(
            f"data directory {data_dir} cannot be used: {error}; check its path and permissions"
        ) from error


def _refuse_etcd(data_dir: Path) -> None:
    for part in ("snap", "wal"):
        if (data_dir / "member" / part).exists():
            raise StorageError(
                f"{data_dir} is a data directory of etcd (it has member/{part}), and was left as "
                f"it is; `vard-http import --data-dir {data_dir} --into DIR` makes a data "
                "directory of what it holds, to be given here instead"
            )


def _make_directory(data_dir: Path) -> None:
    if not data_dir.is_dir():
        data_dir.mkdir(mode=0o700, parents=True)
        files.fsync_directory(data_dir.parent)


def _open_locked(
    path: Path, lock: DirectoryLock, identity: Identity | None, migrations: Migrations
) -> Storage:
    if identity is not None and not path.exists():
        _create(path, identity, migrations)
    opened = Database(path, migrations)
    try:
        found = _read_identity(opened)
        if identity is not None and found != identity:
            raise StorageError(
                f"{path} belongs to {found}, but this process was started as {identity}; correct "
                "the configuration or the path of the data directory"
            )
        return Storage(opened, lock, found)
    except BaseException:
        opened.close()
        raise


def _create(path: Path, identity: Identity, migrations: Migrations) -> None:
    wal = files.wal_path(path)
    if wal.exists():
        raise damaged(wal, f"the database it belongs to, {path.name}, is missing")
    crc = checksum(identity.cluster_id, identity.node_id, identity.name)
    ids = (signed(identity.cluster_id), signed(identity.node_id))
    rows: Sequence[tuple[str, tuple[object, ...]]] = (
        (_INSERT_IDENTITY, (*ids, identity.name, crc)),
        (INSERT_HARD_STATE, hard_state_row(HardState())),
    )
    database.create(path, migrations, rows)


def _read_identity(opened: Database) -> Identity:
    rows = opened.query("SELECT cluster_id, node_id, name, crc FROM identity")
    if len(rows) != 1:
        raise damaged(opened.path, "the identity of its member is missing")
    cluster_id, node_id, name, crc = rows[0]
    identity = Identity(unsigned(cluster_id), unsigned(node_id), name)
    if checksum(identity.cluster_id, identity.node_id, identity.name) != crc:
        raise damaged(opened.path, "the identity of its member fails its checksum")
    return identity
