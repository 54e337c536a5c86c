"""Results made up for tests."""

from __future__ import annotations

from loadtest.results import Cell, Results
from loadtest.servers import Side


def cells(row: str, side: Side, *values: float) -> list[Cell]:
    """One cell a value, in rounds of their own."""
    return [
        Cell(row=row, side=side, round=number, value=value)
        for number, value in enumerate(values, 1)
    ]


def results(*groups: list[Cell]) -> Results:
    """Results that hold all these cells."""
    return Results(
        taken="2026-01-02 03:04 UTC",
        machine={"processor": "2 x Example"},
        rounds=3,
        seconds=5,
        cells=[cell for group in groups for cell in group],
    )
