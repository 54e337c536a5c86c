"""The connection's settings and its checkpoints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.storage.builders import IDENTITY, entries, entry, meta, read_all, snapshot
from vard_http.raft.messages import Entry, HardState
from vard_http.storage import Storage, StorageError, open_storage
from vard_http.storage import database as module
from vard_http.storage.database import CHECKPOINT_PAGES
from vard_http.storage.files import Room


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("synchronous", 2),
        ("journal_mode", "wal"),
        ("locking_mode", "exclusive"),
        ("wal_autocheckpoint", 0),
        ("application_id", int.from_bytes(b"vard", "big")),
    ],
)
def test_settings_are_in_force(storage: Storage, name: str, value: object) -> None:
    assert storage._database.setting(name) == value


def test_a_setting_that_does_not_take_is_refused(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.close()
    monkeypatch.setattr(module, "_SETTINGS", [("synchronous", "OFF", 2)])
    with pytest.raises(StorageError, match=r"does not take synchronous=OFF here \(it stays 0\)"):
        open_storage(tmp_path / "data", IDENTITY)


def test_there_is_no_shared_memory_and_after_close_no_wal(storage: Storage, tmp_path: Path) -> None:
    storage.append([entry(1)], None)
    names = {path.name for path in (tmp_path / "data").iterdir()}
    assert names == {"LOCK", "vard.db", "vard.db-wal"}
    storage.close()
    storage.close()
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"LOCK", "vard.db"}


def test_few_appends_make_the_wal_grow(storage: Storage, tmp_path: Path) -> None:
    wal, sizes = tmp_path / "data" / "vard.db-wal", set()
    for index in range(1, 501):
        storage.append([entry(index)], None)
        sizes.add(wal.stat().st_size)
    assert len(sizes) < 5


def test_without_space_ahead_appends_go_on(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (tmp_path / "data" / "vard.db-wal").stat().st_size
    monkeypatch.setattr(storage._database, "_room", Room(tmp_path / "not there"))
    for index in range(1, 1001):
        storage.append([entry(index)], None)
    assert (tmp_path / "data" / "vard.db-wal").stat().st_size > before


@pytest.mark.parametrize(("count", "size"), [(1, 10), (1, 150), (64, 150), (512, 150), (1, 10**6)])
def test_a_checkpoint_is_due_before_the_wal_is_long(
    storage: Storage, count: int, size: int
) -> None:
    index = 0
    while not storage.checkpoint_due:
        batch = [Entry(index + n, 1, 0, bytes(size)) for n in range(1, count + 1)]
        index += count
        storage.append(batch, None)
    frames = storage._database.checkpoint()
    largest = count * (size + 20) // 4096
    assert CHECKPOINT_PAGES.start * 2 // 3 < frames < CHECKPOINT_PAGES.stop * 4 // 3 + largest
    assert not storage.checkpoint_due


def test_the_wal_is_used_again_after_a_checkpoint(storage: Storage, tmp_path: Path) -> None:
    sizes = []
    for index in range(1, 200):
        storage.append([entry(index)], None)
        if index % 20 == 0:
            storage.checkpoint()
            sizes.append((tmp_path / "data" / "vard.db-wal").stat().st_size)
    assert max(sizes) < 2 * sizes[0]


def test_a_checkpoint_loses_nothing(storage: Storage, tmp_path: Path) -> None:
    storage.append(entries(1, 9), HardState(1, 1, 3))
    storage.checkpoint()
    storage.append(entries(10, 12), None)
    storage.checkpoint()
    storage.close()
    assert read_all(tmp_path / "data")[1].entries == entries(1, 12)


def test_a_snapshot_being_read_does_not_hold_up_a_checkpoint(storage: Storage) -> None:
    storage.append([entry(1)], None)
    snapshot(storage, 1, [b"0", b"1", b"2"])
    chunks = storage.read_snapshot(meta(1))
    assert next(chunks) == b"0"
    storage.append([entry(2)], None)
    storage.checkpoint()
    assert list(chunks) == [b"1", b"2"]
