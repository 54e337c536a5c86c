"""Lines of logs, and lines about the cluster."""

from __future__ import annotations

import pytest

from vard_http.dev import loglines, status
from vard_http.dev.actions import LEVELS
from vard_http.dev.output import Lines
from vard_http.dev.plan import Plan
from vard_http.dev.tally import Outage, Tally
from vard_http.dev.view import ClusterView, Elected, Lost, Process, Sight


@pytest.mark.parametrize(
    ("written", "text", "serious"),
    [
        (
            "2026-11-28 12:39:15.327931 I | node: leader id=ddd67b312462fd7b term=2",
            "12:39:15.327 I node: leader id=node1 term=2",
            False,
        ),
        (
            "2026-11-28 12:39:15.327931 W | transport: gone",
            "12:39:15.327 W transport: gone",
            True,
        ),
        ('{"level":"info","msg":"m"}', '{"level":"info","msg":"m"}', False),
        ('{"level":"fatal","msg":"m"}', '{"level":"fatal","msg":"m"}', True),
        ("Traceback (most recent call last):", "Traceback (most recent call last):", True),
    ],
)
def test_log_lines(written: str, text: str, serious: bool) -> None:
    assert loglines.parse(written, {"ddd67b312462fd7b": "node1"}) == loglines.LogLine(text, serious)


def test_what_is_shown_at_which_level() -> None:
    lines = [loglines.LogLine("", serious) for serious in (False, True)]
    shown = {level: [loglines.shown(line, level) for line in lines] for level in LEVELS}
    assert shown == {"info": [True, True], "warnings": [False, True], "none": [False, False]}


def test_levels_go_round() -> None:
    level, seen = "info", []
    for _ in range(3):
        level = loglines.next_level(level)
        seen.append(level)
    assert seen == ["warnings", "none", "info"]


def test_bytes_become_lines_wherever_they_are_cut() -> None:
    lines = Lines()
    assert lines.feed(b"one\ntw") == ["one"]
    assert lines.feed(b"o\n\xff") == ["two"]
    assert lines.finish() == ["\ufffd"]
    assert lines.finish() == []


def test_a_line_without_end_is_cut() -> None:
    lines = Lines()
    assert lines.feed(b"x" * (1 << 17)) == ["x" * (1 << 17)]
    assert lines.feed(b"y\n") == ["y"]


@pytest.fixture
def view() -> ClusterView:
    view = ClusterView(3)
    for number in view.nodes:
        view.turned(number, Process.RUNNING)
        view.saw(number, Sight(number == 1, 2, 8))
        view.checked(number, True)
    return view


def test_the_summary_of_a_ready_cluster(view: ClusterView) -> None:
    assert status.summary(view) == "ready; leader node1, term 2, commit index 8"


def test_the_summary_names_who_is_missing(view: ClusterView) -> None:
    view.turned(3, Process.DOWN)
    assert status.summary(view) == (
        "2 of 3 healthy; leader node1, term 2, commit index 8; down: node3"
    )
    view.turned(2, Process.PAUSED)
    assert status.summary(view) == "NO LEADER; down: node3; paused: node2"


def test_the_summary_names_who_is_partitioned(view: ClusterView) -> None:
    view.matrix.partition([1])
    assert status.summary(view) == "NO LEADER; partitioned: node1"


def test_rows_fit_into_80_columns_with_two_before_them(view: ClusterView) -> None:
    endpoint = Plan(3, 32379).endpoints[0]
    view.saw(1, Sight(True, 1234, 12345678))
    view.checked(1, False)
    row = status.row(view, endpoint)
    assert row == "node1 leader   term 1234 commit 12345678 not healthy  http://127.0.0.1:32379"
    assert len(row) <= 78
    view.matrix.partition([1])
    assert "cut from 2 3" in status.row(view, endpoint)
    view.turned(1, Process.DOWN)
    assert status.row(view, endpoint).split()[:2] == ["node1", "down"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Elected(None, 2, 2, None), "leader node2, term 2"),
        (Elected(2, 1, 3, 1.314), "leader node2 -> node1, term 3, 1.31 s without one"),
        (Lost(2, 2), "no leader: node2 leads no more (term 2)"),
    ],
)
def test_changes_of_the_leader(change: Elected | Lost, line: str) -> None:
    assert status.change(change) == line


def test_the_tally_tells_an_outage_when_it_is_over() -> None:
    tally = Tally(10.0)
    assert tally.acknowledge(10.02) is None
    tally.fail()
    tally.fail()
    assert tally.acknowledge(11.52) == Outage(1.5, 2)
    assert tally.acknowledge(11.54) is None
    assert (tally.acknowledged, tally.failed, tally.longest) == (3, 2, 1.5)
    assert status.writing(tally, 14.54) == (
        "writer: 3 acknowledged, 2 failed, longest gap 1500 ms, none for 3.0 s"
    )
