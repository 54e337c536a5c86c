"""`top` between its looks: what it keeps, and what keys do."""

from __future__ import annotations

import pytest

from tests.ctl.snapshots import histogram, snapshot, told
from vard_http.ctl.top.watching import EVENTS, WINDOW, Watching


@pytest.mark.parametrize(
    ("keys", "interval"),
    [("+", 5.0), ("-", 1.0), ("++", 10.0), ("---------", 0.5), ("+" * 20, 60.0), ("=_", 2.0)],
)
def test_plus_and_minus_change_the_interval_within_bounds(keys: str, interval: float) -> None:
    watching = Watching(2.0)
    for key in keys:
        watching.press(key)
    assert watching.interval == interval


def test_an_interval_between_the_steps_goes_to_the_next() -> None:
    watching = Watching(3.0)
    watching.press("-")
    assert watching.interval == 2.0


def test_p_pauses_and_goes_on_and_q_quits() -> None:
    watching = Watching(2.0)
    watching.press("p")
    assert (watching.paused, watching.quit) == (True, False)
    watching.press("p")
    watching.press("x")
    assert (watching.paused, watching.quit) == (False, False)
    watching.press("q")
    assert watching.quit


def test_there_is_nothing_to_show_before_the_first_look() -> None:
    assert Watching(2.0).view() is None


def test_what_happened_is_kept_with_its_time() -> None:
    watching = Watching(2.0)
    watching.see(snapshot(told(1), told(2)), "12:00:00")
    watching.see(snapshot(told(1), "connection refused", at=2.0), "12:00:02")
    view = watching.view()
    assert view is not None
    assert view.events == (("12:00:02", "n2 is lost: connection refused"),)


def test_only_the_last_events_are_kept() -> None:
    watching = Watching(2.0)
    for number in range(2 * EVENTS):
        answer = told(2) if number % 2 else "connection refused"
        watching.see(snapshot(told(1), answer, at=float(number)), f"{number}")
    view = watching.view()
    assert view is not None
    assert len(view.events) == EVENTS
    assert view.events[-1][0] == f"{2 * EVENTS - 1}"


def test_quantiles_forget_what_is_older_than_the_window() -> None:
    watching = Watching(10.0)
    for at, slow in ((0.0, 0), (10.0, 50), (80.0, 50), (90.0, 50)):
        syncs = histogram(100, 0, 0, 0, 0, slow)
        watching.see(snapshot(told(1, fsync_seconds=syncs), at=at), "")
    view = watching.view()
    assert view is not None
    assert WINDOW < 80
    assert view.rows[0].slow_fsyncs == 0
