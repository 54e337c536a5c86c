"""How rows fill a screen."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType

from tests.ctl.snapshots import histogram, snapshot, told
from vard_http.ctl.observe.snapshot import Snapshot
from vard_http.ctl.top.heading import heading
from vard_http.ctl.top.rows import rows
from vard_http.ctl.top.screen import View, plain, screen
from vard_http.ctl.top.table import COLUMNS, arrange, blocks

BUSY = [
    snapshot(told(1), told(2), "no answer within 1 s", at=0.0),
    snapshot(
        told(
            1, received={"PUT": 1234.0, "GET": 56789.0}, fsync_seconds=histogram(100, 0, 0, 0, 0, 9)
        ),
        told(2, term=10_000_000, commit=99_999_999),
        "no answer within 1 s",
        at=1.0,
    ),
]
VIEW = View(heading(BUSY[-1]), rows(BUSY), [("12:00:00", "n3 is lost: no answer within 1 s")])


def drawn(what: RenderableType, width: int) -> list[str]:
    """The lines of a terminal so wide."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(what)
    return capture.get().splitlines()


@pytest.mark.parametrize(
    ("widths", "available", "expected"),
    [
        ([4, 4, 4], None, [[0, 1, 2]]),
        ([4, 4, 4], 16, [[0, 1, 2]]),
        ([4, 4, 4], 15, [[0, 1], [2]]),
        ([4, 40, 4], 15, [[0], [1], [2]]),
        ([4], -3, [[0]]),
    ],
)
def test_columns_stand_side_by_side_while_they_fit(
    widths: list[int], available: int | None, expected: list[list[int]]
) -> None:
    assert arrange(widths, available) == expected


@pytest.mark.parametrize("width", [80, 100, 132, 200])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    for block in blocks(VIEW.rows, width):
        for line in [block.titles, *([cell.text for cell in cells] for cells in block.lines)]:
            assert len("  ".join(line)) <= width


def test_every_column_is_somewhere_whatever_the_width() -> None:
    for width in (40, 80, None):
        titles = [title.strip() for block in blocks(VIEW.rows, width) for title in block.titles[1:]]
        assert titles == [column.title for column in COLUMNS]


def test_without_a_width_it_is_one_table() -> None:
    lines = plain(VIEW).splitlines()
    header, *body = lines[2:6]
    assert header.split()[:4] == ["MEMBER", "ROLE", "TERM", "COMMIT"]
    assert [line.split()[0] for line in body] == ["n1", "n2", "n3"]
    assert body[0].split()[6:8] == ["1.23k", "56.8k"]
    assert body[2].split()[1] == "unreachable"
    assert lines[-1] == "n3: no answer within 1 s"


def test_the_cluster_comes_first() -> None:
    assert plain(VIEW).splitlines()[0] == (
        "cluster 7e27652122e8b2ae  leader n1  term 10000000  elections 1  2 of 3 answer"
    )


def test_what_deserves_attention_is_marked() -> None:
    first, second, third = blocks(VIEW.rows, None)[0].lines
    marked = [cell.text.strip() for line in (first, second, third) for cell in line if cell.warns]
    assert marked == ["31.8ms", "9", "unreachable"]


def test_three_members_and_the_last_events_fit_80_by_24() -> None:
    many = [(f"12:00:{second:02}", f"event {second}") for second in range(60)]
    view = View(VIEW.heading, VIEW.rows, many)
    lines = drawn(screen(view, 80, 24, interval=2.0, paused=False, now="12:01:00"), 80)
    assert len(lines) <= 24
    assert lines[-1] == "12:00:59  event 59"
    assert lines[0].startswith("vardctl top  12:01:00  every 2 s")


def test_a_low_screen_has_no_events() -> None:
    lines = drawn(screen(VIEW, 80, 10, interval=2.0, paused=True, now="12:01:00"), 80)
    assert not any("is lost" in line for line in lines)
    assert "paused" in lines[0]


def test_while_nobody_is_known_it_says_why() -> None:
    nobody = Snapshot(0.0, "", (), {}, {"http://n1:2379": "connection refused"})
    view = View(heading(nobody), rows([nobody]))
    assert plain(view) == "nobody answers at http://n1:2379: connection refused"
