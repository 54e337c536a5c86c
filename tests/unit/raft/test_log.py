"""The log in memory: merging, cutting, compacting (thesis 3.5, 5.1)."""

from __future__ import annotations

import pytest

from tests.unit.raft.support import THREE, change_entry, entries
from vard_http.raft import Configuration, SnapshotMeta
from vard_http.raft.log import Log

START = SnapshotMeta(0, 0, THREE)
FOUR = Configuration((1, 2, 3, 4))


def terms(log: Log) -> list[int | None]:
    return [log.term_at(index) for index in range(log.offset + 1, log.last_index + 1)]


@pytest.mark.parametrize(
    ("own", "first", "sent", "after"),
    [
        pytest.param((), 1, (1, 1), [1, 1], id="onto an empty log"),
        pytest.param((1, 1), 3, (2,), [1, 1, 2], id="at the end"),
        pytest.param((1, 1, 2), 2, (1, 2), [1, 1, 2], id="all there already"),
        pytest.param((1, 1, 2), 1, (1,), [1, 1, 2], id="an old message cuts nothing off"),
        pytest.param((1, 1, 2), 2, (1, 2, 3), [1, 1, 2, 3], id="overlap and more"),
        pytest.param((1, 2, 2), 2, (3,), [1, 3], id="a conflict cuts off what follows"),
        pytest.param((1, 2, 2), 1, (1, 2, 3, 3), [1, 2, 3, 3], id="conflict behind an overlap"),
        pytest.param((1, 2), 3, (), [1, 2], id="a heartbeat"),
    ],
)
def test_merge(own: tuple[int, ...], first: int, sent: tuple[int, ...], after: list[int]) -> None:
    log = Log(START, entries(*own))
    log.merge(entries(*sent, start=first))
    assert terms(log) == after


def test_only_what_changed_becomes_unstable() -> None:
    log = Log(START, entries(1, 1, 2, 2))
    assert log.unstable() == []
    log.merge(entries(2, 3, start=3))
    assert log.unstable() == entries(3, start=4)
    assert log.durable_index == 3


def test_a_cut_makes_the_durable_part_shorter() -> None:
    log = Log(START, entries(1, 1, 1))
    log.append(entries(1, start=4))
    log.merge(entries(2, start=2))
    assert log.durable_index == 1


@pytest.mark.parametrize(
    ("index", "term", "hint"),
    [
        pytest.param(9, 5, (6, 3), id="the log is too short"),
        pytest.param(6, 2, (4, 2), id="a whole conflicting term is skipped"),
        pytest.param(6, 1, (2, 1), id="two terms are skipped"),
        pytest.param(5, 3, (5, 3), id="the term itself is there"),
        pytest.param(4, 0, (0, 0), id="nothing can agree"),
    ],
)
def test_conflict_hint(index: int, term: int, hint: tuple[int, int]) -> None:
    log = Log(START, entries(1, 1, 2, 2, 3, 3))
    assert log.conflict_hint(index, term) == hint


@pytest.mark.parametrize(
    ("last_index", "last_term", "up_to_date"),
    [(3, 2, True), (4, 2, True), (2, 2, False), (1, 3, True), (9, 1, False)],
)
def test_up_to_date_compares_terms_then_lengths(
    last_index: int, last_term: int, up_to_date: bool
) -> None:
    """Thesis 3.6.1, Raft.v `moreUpToDate`."""
    assert Log(START, entries(1, 1, 2)).is_up_to_date(last_index, last_term) is up_to_date


def test_slice_is_cut_by_size_but_never_empty_for_it() -> None:
    log = Log(START, entries(1, 1, 1))
    assert log.slice(1, 4, max_bytes=2) == entries(1, 1)
    assert log.slice(2, 4, max_bytes=0) == entries(1, start=2)


def test_compaction_keeps_the_term_at_its_end() -> None:
    log = Log(START, entries(1, 2, 3))
    log.compact(2)
    assert (log.offset, log.term_at(2), log.term_at(1)) == (2, 2, None)
    assert terms(log) == [3]
    log.compact(1)
    assert log.offset == 2


def test_restore_replaces_everything() -> None:
    log = Log(START, entries(1, 1))
    log.append(entries(1, start=3))
    log.restore(SnapshotMeta(9, 4, FOUR))
    assert (log.last_index, log.last_term, log.configuration) == (9, 4, FOUR)
    assert log.unstable() == []


def test_recovered_entries_may_begin_before_the_snapshot_ends() -> None:
    log = Log(SnapshotMeta(3, 2, THREE), entries(1, 2, 2, 2, start=2))
    assert (log.offset, log.last_index, log.unstable()) == (2, 5, [])
    assert log.term_at(3) == 2


def test_the_latest_configuration_entry_is_in_force() -> None:
    """Thesis 4.1: from the moment it is appended."""
    log = Log(START, entries(1))
    log.append([change_entry(2, 1, FOUR)])
    assert (log.configuration, log.configuration_index) == (FOUR, 2)


def test_cutting_a_configuration_entry_restores_the_one_before() -> None:
    log = Log(START, [*entries(1), change_entry(2, 1, FOUR)])
    log.merge(entries(2, start=2))
    assert (log.configuration, log.configuration_index) == (THREE, 0)


def test_compaction_keeps_the_configuration_in_force() -> None:
    log = Log(START, [*entries(1), change_entry(2, 1, FOUR), *entries(1, start=3)])
    log.compact(3)
    assert log.configuration == FOUR
    assert log.configuration_at(3) == FOUR
