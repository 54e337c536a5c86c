"""Snapshots made, sent, received, installed and released."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.storage.builders import IDENTITY, entries, entry, meta, read_all, snapshot
from vard_http.raft.messages import Entry, HardState, SnapshotMeta
from vard_http.storage import Recovered, SnapshotWriter, Storage, open_storage

CHUNKS = [b"one", b"two" * 9999, b""]


@pytest.fixture
def filled(storage: Storage) -> Storage:
    """With entries 1 to 20, in batches of five, all committed."""
    for first in range(1, 21, 5):
        storage.append(entries(first, first + 4), HardState(1, 1, first + 4))
    return storage


def receive(storage: Storage, index: int, term: int = 1) -> None:
    for number, chunk in enumerate(CHUNKS):
        storage.receive_chunk(meta(index, term), number, chunk)


def release_all(storage: Storage, *keep: int) -> None:
    while storage.release_snapshots(keep, limit=1):
        pass


def rows(storage: Storage) -> tuple[int, int]:
    """How many snapshots and how many chunks are in the file."""
    query = storage._database.query
    snapshots = query("SELECT count(*) FROM snapshot")[0][0]
    return snapshots, query("SELECT count(*) FROM snapshot_chunk")[0][0]


def test_a_snapshot_comes_back(filled: Storage, tmp_path: Path) -> None:
    snapshot(filled, 15, CHUNKS)
    filled.close()
    _, recovered, chunks = read_all(tmp_path / "data")
    assert recovered == Recovered(HardState(1, 1, 20), meta(15), entries(1, 20))
    assert chunks == CHUNKS


def test_a_snapshot_may_be_empty(filled: Storage, tmp_path: Path) -> None:
    snapshot(filled, 15, [])
    filled.close()
    assert read_all(tmp_path / "data")[1:] == (
        Recovered(HardState(1, 1, 20), meta(15), entries(1, 20)),
        [],
    )


def test_an_unfinished_snapshot_is_not_there(filled: Storage) -> None:
    writer = filled.begin_snapshot(meta(15))
    for chunk in CHUNKS:
        writer.write(chunk)
    assert filled.recover().snapshot is None
    assert filled.snapshot_chunk(15, 0) is None
    assert filled.snapshot_chunk_count(15) is None


def test_an_unfinished_snapshot_is_discarded_at_the_next_open(
    filled: Storage, tmp_path: Path
) -> None:
    snapshot(filled, 10, [b"whole"])
    filled.begin_snapshot(meta(15)).write(b"half")
    filled.receive_chunk(meta(30), 0, b"half")
    filled.close()
    again = open_storage(tmp_path / "data", IDENTITY)
    assert again.recover().snapshot == meta(10)
    assert rows(again) == (3, 3)
    with pytest.raises(ValueError, match="does not follow"):
        again.receive_chunk(meta(30), 1, b"other half")
    release_all(again)
    assert rows(again) == (1, 1)
    assert list(again.read_snapshot(meta(10))) == [b"whole"]
    again.close()


def test_an_aborted_snapshot_is_released(filled: Storage) -> None:
    writer = filled.begin_snapshot(meta(15))
    writer.write(b"half")
    release_all(filled)
    assert rows(filled) == (1, 1)
    writer.abort()
    release_all(filled)
    assert rows(filled) == (0, 0)


@pytest.mark.parametrize("end", [SnapshotWriter.commit, SnapshotWriter.abort])
def test_a_writer_is_of_no_use_after_its_end(
    filled: Storage, end: Callable[[SnapshotWriter], None]
) -> None:
    writer = filled.begin_snapshot(meta(15))
    writer.write(b"state")
    end(writer)
    with pytest.raises(ValueError, match="finished or given up"):
        writer.write(b"more")
    with pytest.raises(ValueError, match="finished or given up"):
        writer.commit()


@pytest.mark.parametrize("index", [10, 9, 21])
def test_a_snapshot_lies_between_the_last_one_and_the_end_of_the_log(
    filled: Storage, index: int
) -> None:
    snapshot(filled, 10, [b"state"])
    with pytest.raises(ValueError, match="no snapshot at"):
        filled.begin_snapshot(meta(index))


def test_a_snapshot_being_sent_outlives_a_newer_one(filled: Storage) -> None:
    snapshot(filled, 10, [b"old 0", b"old 1"])
    assert filled.snapshot_chunk(10, 0) == b"old 0"
    snapshot(filled, 15, [b"new"])
    release_all(filled, 10)
    assert filled.snapshot_chunk(10, 1) == b"old 1"
    assert filled.snapshot_chunk_count(10) == 2
    assert filled.snapshot_chunk(10, 2) is None
    release_all(filled)
    assert filled.snapshot_chunk(10, 1) is None
    assert filled.snapshot_chunk(15, 0) == b"new"
    assert rows(filled) == (1, 1)


def test_snapshots_are_released_in_slices(filled: Storage) -> None:
    snapshot(filled, 10, [b"chunk"] * 5)
    snapshot(filled, 15, [b"new"])
    left = []
    while filled.release_snapshots(limit=2):
        left.append(rows(filled)[1])
    assert left == [4, 2]
    assert rows(filled) == (1, 1)


def test_only_the_newest_snapshot_counts_after_a_restart(filled: Storage, tmp_path: Path) -> None:
    snapshot(filled, 10, [b"old"])
    snapshot(filled, 15, [b"new"])
    filled.close()
    _, recovered, chunks = read_all(tmp_path / "data")
    assert (recovered.snapshot, chunks) == (meta(15), [b"new"])


def test_a_snapshot_made_after_a_restart_leaves_the_former_one(
    filled: Storage, tmp_path: Path
) -> None:
    snapshot(filled, 10, [b"old 0", b"old 1"])
    filled.close()
    again = open_storage(tmp_path / "data", IDENTITY)
    writer = again.begin_snapshot(meta(15))
    writer.write(b"new")
    assert list(again.read_snapshot(meta(10))) == [b"old 0", b"old 1"]
    writer.commit()
    assert again.snapshot_chunk(10, 1) == b"old 1"
    again.close()
    assert read_all(tmp_path / "data")[2] == [b"new"]


def test_a_snapshot_that_is_not_there_cannot_be_read(filled: Storage) -> None:
    snapshot(filled, 10, [b"state"])
    for other in (meta(11), meta(10, term=2)):
        with pytest.raises(ValueError, match="there is no snapshot"):
            list(filled.read_snapshot(other))


def test_an_installed_snapshot_replaces_a_log_that_lacks_its_end(
    filled: Storage, tmp_path: Path
) -> None:
    receive(filled, 30, term=2)
    filled.install_snapshot(meta(30, 2), HardState(2, 0, 30))
    assert filled.recover() == Recovered(HardState(2, 0, 30), meta(30, 2), [])
    filled.append([entry(31, 2)], None)
    filled.close()
    _, recovered, chunks = read_all(tmp_path / "data")
    assert recovered == Recovered(HardState(2, 0, 30), meta(30, 2), [entry(31, 2)])
    assert chunks == CHUNKS


@pytest.mark.parametrize(
    ("index", "term", "kept"),
    [(23, 1, entries(21, 25)), (25, 1, []), (23, 2, [])],
    ids=["amid a batch", "at the end", "of another term"],
)
def test_entries_after_an_installed_snapshot_stay_if_the_log_has_its_end(
    filled: Storage, index: int, term: int, kept: list[Entry]
) -> None:
    filled.append(entries(21, 25), None)
    receive(filled, index, term)
    filled.install_snapshot(meta(index, term), HardState(2, 0, index))
    assert filled.recover().entries == kept
    following = entry(kept[-1].index + 1 if kept else index + 1, 2)
    filled.append([following], None)
    assert filled.recover().entries == [*kept, following]


def test_installing_without_its_term_in_hard_state_keeps_the_old_one(filled: Storage) -> None:
    receive(filled, 30)
    filled.install_snapshot(meta(30), None)
    assert filled.recover().hard_state == HardState(1, 1, 20)


def test_receiving_begins_anew_at_chunk_0(filled: Storage) -> None:
    filled.receive_chunk(meta(30), 0, b"abandoned")
    receive(filled, 31)
    filled.install_snapshot(meta(31), HardState(1, 1, 31))
    release_all(filled)
    assert list(filled.read_snapshot(meta(31))) == CHUNKS
    assert rows(filled) == (1, 3)


@pytest.mark.parametrize(("other", "number"), [(meta(30), 2), (meta(31), 1), (meta(30, 2), 1)])
def test_chunks_out_of_order_are_refused(filled: Storage, other: SnapshotMeta, number: int) -> None:
    filled.receive_chunk(meta(30), 0, b"first")
    with pytest.raises(ValueError, match="does not follow"):
        filled.receive_chunk(other, number, b"out of order")


def test_what_was_not_received_is_not_installed(filled: Storage) -> None:
    receive(filled, 30)
    with pytest.raises(ValueError, match="no chunk"):
        filled.install_snapshot(meta(31), HardState(1, 1, 31))


def test_a_refused_installation_changes_nothing(filled: Storage) -> None:
    receive(filled, 30)
    before = filled.recover()
    with pytest.raises(ValueError, match="beyond the log's end"):
        filled.install_snapshot(meta(30), HardState(1, 1, 99))
    assert filled.recover() == before
    filled.install_snapshot(meta(30), HardState(1, 1, 30))
    assert filled.recover().snapshot == meta(30)


def test_a_snapshot_overtaken_by_an_installed_one_is_not_committed(filled: Storage) -> None:
    writer = filled.begin_snapshot(meta(20))
    receive(filled, 30)
    filled.install_snapshot(meta(30), HardState(1, 1, 30))
    with pytest.raises(ValueError, match="not older"):
        writer.commit()
    assert filled.recover().snapshot == meta(30)
