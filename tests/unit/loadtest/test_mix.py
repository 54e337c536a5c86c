"""The totals of a Locust run."""

from __future__ import annotations

import pytest

from loadtest.cases.mix import LocustMissing, aggregated

STATS = """Type,Name,Request Count,Failure Count,Requests/s,50%,99%
GET,config: one,90,0,9.0,2,7
,Aggregated,100,1,10.0,3,9
"""


def test_the_totals_are_the_aggregated_line() -> None:
    total = aggregated(STATS)

    assert (total["Request Count"], total["Failure Count"]) == ("100", "1")
    assert (total["50%"], total["99%"]) == ("3", "9")


@pytest.mark.parametrize("stats", ["", STATS.splitlines()[0], STATS.replace(",3,9", ",N/A,N/A")])
def test_a_run_without_answers_is_an_error(stats: str) -> None:
    with pytest.raises(LocustMissing):
        aggregated(stats)
