"""A request costs no more calls and statements than was recorded, and the record is kept tight."""

from __future__ import annotations

import asyncio

import pytest

from tests.budget.counting import SCRIPTS, Counts, count_all, read_budget

TOLERANCE = 1.1
STALE = 0.8

TELL = "look why; if it has to be so, `python -m tests.budget --record` makes it the budget"


@pytest.fixture(scope="module")
def counted() -> dict[str, Counts]:
    return asyncio.run(count_all())


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_request_keeps_to_its_budget(name: str, counted: dict[str, Counts]) -> None:
    now, budget = counted[name], read_budget()[name]
    assert now.calls <= budget.calls * TOLERANCE, TELL
    assert now.statements <= budget.statements * TOLERANCE + 0.01, TELL


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_budget_is_what_a_request_costs(name: str, counted: dict[str, Counts]) -> None:
    assert counted[name].calls >= read_budget()[name].calls * STALE, TELL
