"""The report that is made from results."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from loadtest import report
from loadtest.case import Row
from loadtest.report import BEGIN, END, NoPlace, between_markers, markdown
from loadtest.results import Missing, Results, summarise
from tests.unit.loadtest.builders import cells, results


def line(text: str, title: str) -> list[str]:
    """The cells of the table line that starts with `title`."""
    (found,) = [each for each in text.splitlines() if each.startswith(f"| {title} |")]
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_a_row_shows_medians_extremes_and_the_ratio() -> None:
    text = markdown(
        results(
            cells("put-64", "vard", 20000, 30000, 10000),
            cells("put-64", "etcd", 9000, 10000, 11000),
        )
    )

    assert line(text, "PUT, 64 connections")[1:6] == [
        "requests/s",
        "20,000 (10,000 to 30,000)",
        "10,000 (9,000 to 11,000)",
        "2.00",
        "yes",
    ]


@pytest.mark.parametrize(
    ("row", "ours", "theirs", "wanted"),
    [
        ("get-64", 10.0, 9.0, "yes"),
        ("get-64", 9.0, 10.0, "**no**"),
        ("idle-cpu", 9.0, 10.0, "yes"),
        ("idle-cpu", 10.0, 9.0, "**no**"),
        ("million-pause", 49.0, 10.0, "yes (≤ 50)"),
        ("million-pause", 51.0, 99.0, "**no** (≤ 50)"),
    ],
)
def test_better_is_more_or_less_as_the_row_says_or_within_its_limit(
    row: str, ours: float, theirs: float, wanted: str
) -> None:
    text = markdown(results(cells(row, "vard", ours), cells(row, "etcd", theirs)))

    (found,) = [each for each in text.splitlines() if wanted in each and each.startswith("| ")]
    assert f"| {wanted} |" in found
    assert ("Not as wanted" in text) == wanted.startswith("**no**")


def test_auth_is_also_compared_with_our_own_figure_without() -> None:
    text = markdown(
        results(
            cells("put-16", "vard", 400.0),
            cells("put-auth-16", "vard", 300.0),
            cells("put-auth-16", "etcd", 3.0),
        )
    )

    own = line(text, "PUT, 16 connections, our own: auth on / off")
    assert own[2:6] == ["300", "400", "0.75", ""]


def test_a_cut_run_shows_what_it_has_and_why_the_rest_is_missing() -> None:
    cut = results(cells("put-1", "vard", 1234.0))
    cut.missing = [Missing("put-1", "etcd", 1, "its log ends:\nno space left on device")]

    text = markdown(cut)

    assert line(text, "PUT, 1 connection")[2:6] == ["1,234", "", "", ""]
    assert "Not measured: put-1, etcd, round 1: no space left on device" in text


def test_points_along_an_axis_have_a_table_of_their_own() -> None:
    text = markdown(results(cells("put-by-members-5", "vard", 1.0)))

    assert "**Rows**" not in text
    assert line(text.partition("**Along one axis**")[2], "PUT, members: 5")[2] == "1"


def test_errors_stand_beside_the_figure() -> None:
    row = cells("put-64", "vard", 1.0)
    row[0].errors = 3

    assert line(markdown(results(row)), "PUT, 64 connections")[2] == "1, 3 errors"


def test_a_row_without_the_other_side_is_neither_good_nor_bad() -> None:
    ours = summarise(cells("put-64", "vard", 1.0))

    assert report.as_wanted(Row("put-64", "PUT"), ours, None) is None


def test_files_are_made_again_from_the_json(tmp_path: Path) -> None:
    results(cells("put-64", "vard", 1.5, 2.5)).save(tmp_path / "results.json")
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")

    assert report.main(["--out", str(tmp_path), "--page", str(page)]) == 0

    assert Results.load(tmp_path / "results.json").cells[1].value == 2.5
    lines = list(csv.DictReader((tmp_path / "results.csv").read_text().splitlines()))
    assert [(each["row"], each["round"], each["value"]) for each in lines] == [
        ("put-64", "1", "1.5"),
        ("put-64", "2", "2.5"),
    ]
    assert "PUT, 64 connections" in (tmp_path / "report.md").read_text()
    assert page.read_text().startswith("before\n")
    assert page.read_text().endswith("after\n")
    assert "PUT, 64 connections" in page.read_text()
    assert "old" not in page.read_text()


def test_the_page_needs_markers() -> None:
    with pytest.raises(NoPlace):
        between_markers(f"only {BEGIN}", "text")


def test_charts_are_drawn_from_the_same_results(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = ("put-64", "put-by-connections-1", "get-by-connections-1")
    kept = results(*(cells(row, side, 5.0) for row in rows for side in ("vard", "etcd")))
    for cell in kept.cells:
        cell.p50_ms = cell.p99_ms = 1.0

    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    out = tmp_path / "charts"
    out.mkdir()

    report.write(kept, out, page)

    assert "](charts/ratios.svg)" in page.read_text()
    assert "](by-connections.svg)" in (out / "report.md").read_text()
    drawn = {path.name for path in out.iterdir()} - {"results.json", "results.csv"}
    assert drawn == {
        "report.md",
        "ratios.svg",
        "ratios.png",
        "by-connections.svg",
        "by-connections.png",
    }
