"""Truncated files and flipped bits: refused, or read back right; never wrong, never a traceback."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path
from random import Random

import pytest

from tests.unit.storage.builders import IDENTITY, Content, populate, read_all
from vard_http.storage import StorageError, open_storage
from vard_http.storage.database import Database

FRAME = 24 + 4096


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Content]:
    """The file a clean stop leaves, and what is in it."""
    data_dir = tmp_path_factory.mktemp("closed")
    storage = open_storage(data_dir, IDENTITY)
    populate(storage)
    storage.close()
    content = read_all(data_dir)
    return (data_dir / "vard.db").read_bytes(), content


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, Content]:
    """A directory as a crash leaves it, the WAL in it, and what is in both."""
    data_dir = tmp_path_factory.mktemp("running")
    copy = tmp_path_factory.mktemp("crashed") / "data"
    storage = open_storage(data_dir, IDENTITY)
    populate(storage)
    shutil.copytree(data_dir, copy)
    storage.close()
    return copy, (copy / "vard.db-wal").read_bytes(), read_all(data_dir)


def flipped(content: bytes, position: int) -> bytes:
    changed = bytearray(content)
    changed[position] ^= 1 << position % 8
    return bytes(changed)


def read_or_refuse(data_dir: Path) -> Content | None:
    try:
        return read_all(data_dir)
    except StorageError:
        return None


def test_a_truncated_database_is_refused(tmp_path: Path, closed: tuple[bytes, Content]) -> None:
    database, _ = closed
    sizes = {0, 1, 15, 16, 99, 100, len(database) - 1, *range(0, len(database), 4096)}
    sizes.update(Random(1).sample(range(len(database)), 50))
    for size in sizes:
        (tmp_path / "vard.db").write_bytes(database[:size])
        with pytest.raises(StorageError, match="is damaged"):
            read_all(tmp_path)
        assert (tmp_path / "vard.db").read_bytes() == database[:size]


@pytest.mark.parametrize("seed", range(3))
def test_a_flipped_bit_in_the_database_is_refused_or_does_not_matter(
    tmp_path: Path, closed: tuple[bytes, Content], seed: int
) -> None:
    database, content = closed
    refused = 0
    # The headers and the schema are small, and a fault in them has most ways to show.
    positions = [*Random(seed).sample(range(4096), 20), *range(seed, len(database), 1009)]
    for position in positions:
        (tmp_path / "vard.db").write_bytes(flipped(database, position))
        found = read_or_refuse(tmp_path)
        assert found in (None, content), f"byte {position}"
        assert (tmp_path / "vard.db").stat().st_size == len(database)
        refused += found is None
    assert 0 < refused < len(positions)


def commits(wal: bytes) -> list[int]:
    """The numbers of the frames that end a transaction, from 0 on."""
    frames = range((len(wal) - 32) // FRAME)
    return [n for n in frames if struct.unpack_from(">I", wal, 32 + n * FRAME + 4)[0]]


def test_a_flipped_bit_in_the_wal_is_refused_if_durable_writes_follow(
    tmp_path: Path, crashed: tuple[Path, bytes, Content]
) -> None:
    directory, wal, _ = crashed
    shutil.copytree(directory, tmp_path, dirs_exist_ok=True)
    before_last = 32 + (commits(wal)[-2] + 1) * FRAME
    positions = [*range(32), *range(32, before_last - FRAME, 2003)]
    for position in positions:
        (tmp_path / "vard.db-wal").write_bytes(flipped(wal, position))
        with pytest.raises(StorageError, match=r"vard\.db-wal is damaged"):
            read_all(tmp_path)
        assert (tmp_path / "vard.db-wal").read_bytes() == flipped(wal, position)


def test_a_flipped_bit_in_the_last_transaction_reads_as_a_write_cut_short(
    tmp_path: Path, crashed: tuple[Path, bytes, Content]
) -> None:
    directory, wal, content = crashed
    start, end = (32 + (frame + 1) * FRAME for frame in commits(wal)[-2:])
    for number, position in enumerate(range(start, end, 1511)):
        copy = shutil.copytree(directory, tmp_path / str(number))
        (copy / "vard.db-wal").write_bytes(flipped(wal, position))
        assert read_all(copy)[1].entries == content[1].entries[:-1]


def test_a_wal_cut_short_keeps_every_transaction_before_the_cut(
    tmp_path: Path, crashed: tuple[Path, bytes, Content]
) -> None:
    directory, wal, content = crashed
    whole = content[1].entries
    ends = [32 + (frame + 1) * FRAME for frame in commits(wal)]
    for dropped, (start, end) in enumerate(zip(ends[-2:-9:-1], ends[:-9:-1], strict=False)):
        for size in (start, start + 1, start + 24, end - 1):
            copy = shutil.copytree(directory, tmp_path / f"{dropped} {size}")
            (copy / "vard.db-wal").write_bytes(wal[:size])
            assert read_all(copy)[1].entries == whole[: len(whole) - dropped - 1]


def test_two_power_cuts_in_a_row_do_not_pass_for_damage(
    tmp_path: Path, crashed: tuple[Path, bytes, Content], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames of a transaction that lost its first one, then a write over that one, lost as well."""
    directory, wal, content = crashed
    start = 32 + (commits(wal)[-2] + 1) * FRAME
    assert len(wal) > start + FRAME, "the last transaction has one frame only"
    once, twice = shutil.copytree(directory, tmp_path / "once"), tmp_path / "twice"
    (once / "vard.db-wal").write_bytes(wal[:start] + bytes(FRAME) + wal[start + FRAME :])
    checkpoint = Database.checkpoint

    def at_the_first_checkpoint(database: Database, mode: str = "PASSIVE") -> int:
        if not twice.exists():
            shutil.copytree(once, twice)
        return checkpoint(database, mode)

    monkeypatch.setattr(Database, "checkpoint", at_the_first_checkpoint)
    read_all(once)
    written = (twice / "vard.db-wal").read_bytes()
    (twice / "vard.db-wal").write_bytes(flipped(written, start + 100))
    assert read_all(twice)[1].entries == content[1].entries[:-1]


def test_a_wal_without_a_header_is_refused(
    tmp_path: Path, crashed: tuple[Path, bytes, Content]
) -> None:
    directory, wal, _ = crashed
    shutil.copytree(directory, tmp_path, dirs_exist_ok=True)
    for size in (0, 1, 31):
        (tmp_path / "vard.db-wal").write_bytes(wal[:size])
        with pytest.raises(StorageError, match=r"vard\.db(-wal)? is damaged"):
            read_all(tmp_path)
