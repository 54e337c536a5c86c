"""Results are summed up by medians and survive on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtest.results import Cell, Missing, Results, summarise
from tests.unit.loadtest.builders import cells, results


def test_the_summary_of_rounds_is_their_median_with_the_extremes() -> None:
    summary = summarise(cells("put-64", "vard", 30.0, 10.0, 11.0))

    assert (summary.rounds, summary.value) == (3, 11.0)
    assert (summary.lowest, summary.highest) == (10.0, 30.0)


def test_processor_time_is_the_median_of_the_sums_over_members() -> None:
    rounds = [
        Cell(row="r", side="vard", round=n, value=1.0, cpu_us={"node1": each, "node2": 1.0})
        for n, each in enumerate((5.0, 9.0, 6.0), 1)
    ]

    assert summarise(rounds).cpu_us == 7.0


def test_what_no_round_measured_stays_open() -> None:
    summary = summarise(cells("idle-cpu", "etcd", 1.0))

    assert (summary.p50_ms, summary.p99_ms, summary.cpu_us) == (None, None, None)


def test_errors_of_all_rounds_are_added() -> None:
    rounds = [Cell(row="r", side="vard", round=n, value=1.0, errors=n) for n in (1, 2)]

    assert summarise(rounds).errors == 3


def test_there_is_no_summary_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        summarise([])

    assert results().summary("put-64", "vard") is None


def test_results_come_back_from_disk_as_they_were(tmp_path: Path) -> None:
    kept = results(cells("put-64", "vard", 1.5), cells("put-64", "etcd", 2.5))
    kept.cells[0].extra = {"load s": 3.0}
    kept.missing = [Missing("million", "etcd", 2, "no space")]
    path = tmp_path / "results.json"

    kept.save(path)

    assert Results.load(path) == kept
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]


def test_results_know_which_cells_they_have() -> None:
    kept = results(cells("put-64", "vard", 1.0, 2.0))

    assert kept.has("put-64", "vard", 2)
    assert not kept.has("put-64", "vard", 3)
    assert not kept.has("put-64", "etcd", 1)
