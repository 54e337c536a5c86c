"""Appending, truncating, compacting and reading back the log and the hard state."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.storage.builders import IDENTITY, entries, entry, meta, read_all, snapshot
from vard_http.raft.messages import CONFIGURATION, Entry, HardState
from vard_http.storage import Recovered, Storage, open_storage


def reopened(storage: Storage, tmp_path: Path) -> Recovered:
    storage.close()
    return read_all(tmp_path / "data")[1]


def test_a_new_storage_recovers_empty(storage: Storage) -> None:
    assert storage.recover() == Recovered(HardState(0, 0, 0), None, [])


def test_entries_and_hard_state_come_back_as_they_were(storage: Storage, tmp_path: Path) -> None:
    written = [*entries(1, 3), Entry(4, 2**64 - 1, CONFIGURATION, b""), Entry(5, 9, 2, b"\0\xff")]
    storage.append(written[:2], None)
    storage.append(written[2:], HardState(9, 3, 4))
    assert reopened(storage, tmp_path) == Recovered(HardState(9, 3, 4), None, written)


@pytest.mark.parametrize("value", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_term_and_vote_are_unsigned_64_bit(storage: Storage, tmp_path: Path, value: int) -> None:
    storage.append([], HardState(value, value, 0))
    assert reopened(storage, tmp_path).hard_state == HardState(value, value, 0)


def test_hard_state_alone_leaves_the_log(storage: Storage, tmp_path: Path) -> None:
    storage.append(entries(1, 3), HardState(1, 1, 0))
    storage.append([], HardState(2, 0, 3))
    assert reopened(storage, tmp_path) == Recovered(HardState(2, 0, 3), None, entries(1, 3))


@pytest.mark.parametrize("index", range(1, 11))
def test_a_conflicting_suffix_is_replaced(storage: Storage, tmp_path: Path, index: int) -> None:
    for first in (1, 4, 7):
        storage.append(entries(first, first + 2), None)
    storage.append([entry(index, term=2)], HardState(2, 0, 0))
    expected = [*entries(1, index - 1), entry(index, term=2)]
    assert storage.recover().entries == expected
    storage.append([entry(index + 1, term=2)], None)
    assert reopened(storage, tmp_path).entries == [*expected, entry(index + 1, term=2)]


@pytest.mark.parametrize(
    ("batch", "hard_state"),
    [
        ([entry(5)], None),
        ([entry(2, term=2)], None),
        ([entry(4), entry(6)], None),
        ([], HardState(1, 0, 4)),
        ([entry(3, term=2)], HardState(2, 0, 4)),
    ],
    ids=["a gap", "replaces what is committed", "a hole", "commits nothing", "commits too much"],
)
def test_what_would_break_the_log_is_not_written(
    storage: Storage, tmp_path: Path, batch: list[Entry], hard_state: HardState | None
) -> None:
    storage.append(entries(1, 3), HardState(1, 1, 2))
    with pytest.raises(ValueError, match=r"entries|commit"):
        storage.append(batch, hard_state)
    storage.append([entry(4)], None)
    assert reopened(storage, tmp_path) == Recovered(HardState(1, 1, 2), None, entries(1, 4))


def test_compaction_goes_in_slices(storage: Storage) -> None:
    for first in range(1, 101, 10):
        storage.append(entries(first, first + 9), HardState(1, 1, first))
    snapshot(storage, 85, [b"state"])
    firsts = []
    more = True
    while more:
        more = storage.compact(85, limit=30)
        recovered = storage.recover()
        assert recovered.entries[-1].index == 100
        firsts.append(recovered.entries[0].index)
    assert firsts == [31, 61, 81], "the batch that reaches beyond the limit stays whole"


def test_compaction_drops_one_large_append_at_a_time(storage: Storage) -> None:
    for index in (1, 2, 3):
        storage.append([Entry(index, 1, 0, bytes(1 << 20))], None)
    snapshot(storage, 3, [b"state"])
    assert [storage.compact(3) for _ in range(4)] == [True, True, False, False]
    assert storage.recover().entries == []


def test_a_log_compacted_away_continues_after_the_snapshot(
    storage: Storage, tmp_path: Path
) -> None:
    storage.append(entries(1, 9), HardState(1, 1, 9))
    snapshot(storage, 9, [b"state"])
    assert not storage.compact(9)
    storage.close()
    with pytest.raises(ValueError, match="follow on"):
        (storage := open_storage(tmp_path / "data", IDENTITY)).append([entry(11)], None)
    storage.append([entry(10)], None)
    assert reopened(storage, tmp_path) == Recovered(HardState(1, 1, 9), meta(9), [entry(10)])


def test_what_is_in_no_snapshot_is_not_compacted(storage: Storage) -> None:
    storage.append(entries(1, 9), HardState(1, 1, 9))
    with pytest.raises(ValueError, match="not all in a snapshot"):
        storage.compact(1)


def test_another_thread_may_append(storage: Storage) -> None:
    with ThreadPoolExecutor(1) as executor:
        executor.submit(storage.append, entries(1, 3), None).result()
    storage.append([entry(4)], None)
    assert storage.recover().entries == entries(1, 4)


def test_the_time_of_a_commit_is_told(storage: Storage) -> None:
    assert storage.commit_seconds == 0
    storage.append([entry(1)], None)
    assert storage.commit_seconds > 0
