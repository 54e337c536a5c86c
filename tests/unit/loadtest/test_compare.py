"""The runner: its order, its failures, its interruption, its resumption."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from loadtest import compare
from loadtest.case import Bench, Case, Row
from loadtest.cases import CASES, UnknownRow, choose, rows
from loadtest.results import Cell, Results

Taken = list[tuple[str, str, int]]


class FakeCases:
    """Cases that start nothing; `taken` tells which were run, `break_at` which one fails how."""

    def __init__(self, *names: str) -> None:
        self.taken: Taken = []
        self.break_at: tuple[str, str, int] | None = None
        self.error: BaseException = RuntimeError("the server ended")
        self.cases = [Case(name, (Row(name, name),), self._runner(name)) for name in names]

    def _runner(self, name: str) -> Callable[[Bench], list[Cell]]:
        def run(bench: Bench) -> list[Cell]:
            step = (name, bench.side, bench.round)
            if step == self.break_at:
                raise self.error
            self.taken.append(step)
            return [bench.cell(name, 1.0)]

        return run


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> FakeCases:
    fakes = FakeCases("put-1", "get-64")
    monkeypatch.setattr(compare, "choose", lambda names: fakes.cases)
    monkeypatch.setattr(compare, "describe_machine", lambda data: {})
    return fakes


def taken_in(out: Path) -> Taken:
    return [(c.row, c.side, c.round) for c in Results.load(out / "results.json").cells]


def test_sides_alternate_and_rounds_follow_each_other(tmp_path: Path, fakes: FakeCases) -> None:
    assert compare.main(["--rounds", "2", "--out", str(tmp_path)]) == 0

    assert fakes.taken == [
        ("put-1", "vard", 1),
        ("put-1", "etcd", 1),
        ("get-64", "vard", 1),
        ("get-64", "etcd", 1),
        ("put-1", "vard", 2),
        ("put-1", "etcd", 2),
        ("get-64", "vard", 2),
        ("get-64", "etcd", 2),
    ]
    assert taken_in(tmp_path) == fakes.taken


def test_a_case_that_fails_is_noted_and_spoils_no_other(tmp_path: Path, fakes: FakeCases) -> None:
    fakes.break_at = ("put-1", "etcd", 1)

    assert compare.main(["--rounds", "1", "--out", str(tmp_path)]) == 0

    kept = Results.load(tmp_path / "results.json")
    assert [(gap.case, gap.side, gap.why) for gap in kept.missing] == [
        ("put-1", "etcd", "the server ended")
    ]
    assert len(kept.cells) == 3


def test_an_interrupted_run_keeps_what_it_has_and_writes_its_report(
    tmp_path: Path, fakes: FakeCases
) -> None:
    fakes.break_at, fakes.error = ("get-64", "vard", 1), KeyboardInterrupt()

    assert compare.main(["--rounds", "1", "--out", str(tmp_path)]) == 130

    assert taken_in(tmp_path) == [("put-1", "vard", 1), ("put-1", "etcd", 1)]
    assert "PUT, 1 connection" in (tmp_path / "report.md").read_text()


def test_a_resumed_run_takes_only_what_is_missing(tmp_path: Path, fakes: FakeCases) -> None:
    fakes.break_at = ("get-64", "vard", 1)
    compare.main(["--rounds", "1", "--out", str(tmp_path)])
    fakes.break_at = None
    fakes.taken.clear()

    compare.main(["--rounds", "1", "--out", str(tmp_path), "--resume"])

    assert fakes.taken == [("get-64", "vard", 1)]
    assert len(taken_in(tmp_path)) == 4
    assert Results.load(tmp_path / "results.json").missing == []


def test_a_run_that_does_not_resume_starts_anew(tmp_path: Path, fakes: FakeCases) -> None:
    for _ in range(2):
        compare.main(["--rounds", "1", "--out", str(tmp_path)])

    assert len(taken_in(tmp_path)) == 4


def test_one_side_can_be_measured_alone(tmp_path: Path, fakes: FakeCases) -> None:
    compare.main(["--rounds", "1", "--sides", "vard", "--out", str(tmp_path)])

    assert {side for _, side, _ in fakes.taken} == {"vard"}


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["put-1"], ["put-1"]),
        (["million-restart"], ["million"]),
        (["million", "put-64"], ["put-64", "million"]),
        (["get-by-members-5"], ["by-members-5"]),
    ],
)
def test_rows_and_cases_are_chosen_by_name(names: list[str], chosen: list[str]) -> None:
    assert [case.name for case in choose(names)] == chosen


def test_groups_are_chosen_by_name() -> None:
    assert tuple(choose(["all"])) == CASES
    assert tuple(choose(["main", "sweeps"])) == CASES


def test_unknown_rows_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnknownRow, match="put-3"):
        choose(["put-1", "put-3"])
    assert compare.main(["--rows", "put-3", "--out", str(tmp_path / "none")]) == 2
    assert "put-3" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_rows_have_names_of_their_own_and_compare_with_rows_that_exist() -> None:
    names = [row.name for row in rows()]

    assert len(set(names)) == len(names)
    assert {other for row in rows() for other in (row.of, row.versus) if other} <= set(names)
