"""All cases, in the order of the report."""

from __future__ import annotations

from collections.abc import Iterable

from loadtest.case import Case, Row
from loadtest.cases import large, mix, saturation, sweeps

CASES: tuple[Case, ...] = (*saturation.CASES, *large.CASES, *mix.CASES, *sweeps.CASES)


class UnknownRow(ValueError):
    """Nothing has that name."""


def rows() -> list[Row]:
    """Every row of every case."""
    return [row for case in CASES for row in case.rows]


def choose(names: Iterable[str]) -> list[Case]:
    """The cases that yield what is named: a row, a case, a group, or "all". Raises UnknownRow."""
    wanted = set(names)
    known = {"all"}.union(*(_names(case) for case in CASES))
    if unknown := wanted - known:
        raise UnknownRow(f"no such row: {', '.join(sorted(unknown))}")
    return [case for case in CASES if wanted & (_names(case) | {"all"})]


def _names(case: Case) -> set[str]:
    return {case.name, case.group, *(row.name for row in case.rows)}
