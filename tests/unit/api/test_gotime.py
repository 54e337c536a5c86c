"""Times and durations as Go prints them (contract 2)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from vard_http.api.gotime import duration, local_time

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (999, "999ns"),
        (1000, "1µs"),
        (512_500, "512.5µs"),
        (999_999, "999.999µs"),
        (5_128_673, "5.128673ms"),
        (SECOND, "1s"),
        (6_578_568_766, "6.578568766s"),
        (60 * SECOND, "1m0s"),
        (62_500_000_000, "1m2.5s"),
        (3603 * SECOND, "1h0m3s"),
        (100 * 3600 * SECOND + 1, "100h0m0.000000001s"),
    ],
)
def test_durations(nanoseconds: int, text: str) -> None:
    assert duration(nanoseconds) == text


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The local time zone for one test."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "nanoseconds", "text"),
    [
        ("UTC0", 0, "1970-01-01T00:00:00Z"),
        ("UTC0", 1_764_000_000_208_808_200, "2025-11-24T16:00:00.2088082Z"),
        ("EST5", 1_764_000_000_000_000_001, "2025-11-24T11:00:00.000000001-05:00"),
        ("IST-5:30", 1_764_000_000 * SECOND, "2025-11-24T21:30:00+05:30"),
    ],
    indirect=["zone"],
)
@pytest.mark.usefixtures("zone")
def test_local_times(nanoseconds: int, text: str) -> None:
    assert local_time(nanoseconds) == text
