"""The report of a comparison, made from its results.json as often as one likes.

python -m loadtest.report --out DIR [--page docs/benchmarks.md]
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from loadtest.case import Row
from loadtest.cases import rows
from loadtest.figures import number, ratio
from loadtest.results import Cell, Results, Summary

BEGIN = "<!-- results: begin (python -m loadtest.report writes what follows) -->"
END = "<!-- results: end -->"

_HEAD = (
    "| | unit | vard_http | etcd | ratio | as wanted | p50 ms | p99 ms | CPU µs a request |"
    " fsync ms |"
)
_COLUMNS = (
    "row,side,round,value,unit,p50_ms,p99_ms,requests,errors,cpu_us_per_request,"
    "fsync_p50_ms,fsync_p99_ms,load_average,extra\n"
)


class NoPlace(ValueError):
    """The page has no pair of markers for the tables."""


def write(results: Results, out: Path, page: Path | None = None) -> None:
    """Writes report.md, results.csv and, if matplotlib is there, charts into `out`.

    Raises NoPlace if `page` has no markers.
    """
    results.save(out / "results.json")
    write_csv(results, out / "results.csv")
    text, drawn = markdown(results), _charts(results, out)
    (out / "report.md").write_text(f"# vard_http beside etcd\n\n{text}{_links(drawn, out)}")
    if page is not None:
        filled = between_markers(page.read_text(), text + _links(drawn, page.parent))
        page.write_text(filled)


def markdown(results: Results) -> str:
    """Where and how it was measured, one table for the rows and one for the sweeps."""
    parts = [*_preamble(results)]
    for title, chosen in _sections():
        if lines := list(_lines(results, chosen)):
            parts.append(f"\n**{title}**\n\n{_HEAD}\n{_rule()}\n" + "\n".join(lines))
    if slower := _not_as_wanted(results):
        parts.append("\nNot as wanted: " + "; ".join(slower) + ".")
    for gap in results.missing:
        last = (gap.why.splitlines() or ["no reason given"])[-1]
        parts.append(f"\nNot measured: {gap.case}, {gap.side}, round {gap.round}: {last}")
    return "\n".join(parts) + "\n"


def both(results: Results, row: Row) -> tuple[Summary | None, Summary | None]:
    """Our figures, and what they are compared with: etcd's, or another row of our own."""
    ours = results.summary(row.of or row.name, "vard")
    if row.versus is not None:
        return ours, results.summary(row.versus, "vard")
    return ours, results.summary(row.name, "etcd")


def as_wanted(row: Row, ours: Summary | None, theirs: Summary | None) -> bool | None:
    """Whether a row is within its limit, or no worse than etcd's; None where that is open."""
    if ours is None or row.versus is not None:
        return None
    if row.limit is not None:
        return ours.value <= row.limit
    if theirs is None:
        return None
    return ours.value >= theirs.value if row.higher else ours.value <= theirs.value


def write_csv(results: Results, path: Path) -> None:
    """One line for each cell."""
    units = {row.name: row.unit for row in rows()}
    with path.open("w", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        file.write(_COLUMNS)
        lines.writerows(_csv_line(cell, units.get(cell.row, "")) for cell in results.cells)


def between_markers(page: str, text: str) -> str:
    """The page with `text` in place of what is between BEGIN and END. Raises NoPlace."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoPlace(f"the page needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def _charts(results: Results, out: Path) -> list[Path]:
    try:
        from loadtest import charts
    except ModuleNotFoundError:
        print("No charts: matplotlib is not installed ('.[loadtest]')", file=sys.stderr)
        return []
    return charts.draw(results, out)


def _links(drawn: Sequence[Path], start: Path) -> str:
    return "".join(f"\n![{path.stem}]({os.path.relpath(path, start)})\n" for path in drawn)


def _preamble(results: Results) -> Iterator[str]:
    note = f" {results.note}" if results.note else ""
    if results.scale != 1:
        note += f" Large cases at {results.scale:g} of the size that their titles tell."
    yield f"Taken {results.taken}; up to {results.rounds} rounds of {results.seconds} s.{note}\n"
    yield from (f"- {name}: {value}" for name, value in results.machine.items())


def _sections() -> list[tuple[str, list[Row]]]:
    return [
        ("Rows", [row for row in rows() if row.at is None]),
        ("Along one axis", [row for row in rows() if row.at is not None]),
    ]


def _lines(results: Results, chosen: Sequence[Row]) -> Iterator[str]:
    for row in chosen:
        ours, theirs = both(results, row)
        if ours or theirs:
            yield _line(row, ours, theirs)


def _line(row: Row, ours: Summary | None, theirs: Summary | None) -> str:
    good = {True: "yes", False: "**no**", None: ""}[as_wanted(row, ours, theirs)]
    limit = f" (≤ {row.limit:g})" if row.limit is not None else ""
    quotient = ratio(_get(ours, "value"), _get(theirs, "value"))
    pairs = [
        _pair(_get(ours, name), _get(theirs, name))
        for name in ("p50_ms", "p99_ms", "cpu_us", "fsync_p50_ms")
    ]
    times = f"{quotient:.2f}" if quotient is not None else ""
    cells = [row.title, row.unit, _value(ours), _value(theirs), times, good + limit, *pairs]
    return f"| {' | '.join(cells)} |"


def _get(summary: Summary | None, name: str) -> float | None:
    value: float | None = getattr(summary, name) if summary else None
    return value


def _rule() -> str:
    return "| --- | --- |" + " ---: |" * 3 + " --- |" + " ---: |" * 4


def _not_as_wanted(results: Results) -> list[str]:
    main_rows = (row for row in rows() if row.at is None)
    return [row.title for row in main_rows if as_wanted(row, *both(results, row)) is False]


def _value(summary: Summary | None) -> str:
    if summary is None:
        return ""
    errors = f", {summary.errors} errors" if summary.errors else ""
    if summary.rounds == 1:
        return f"{number(summary.value)}{errors}"
    spread = f"{number(summary.lowest)} to {number(summary.highest)}"
    return f"{number(summary.value)} ({spread}){errors}"


def _pair(ours: float | None, theirs: float | None) -> str:
    if ours is None and theirs is None:
        return ""
    return f"{number(ours)} / {number(theirs)}"


def _csv_line(cell: Cell, unit: str) -> list[object]:
    return [
        cell.row,
        cell.side,
        cell.round,
        f"{cell.value:.6g}",
        unit,
        cell.p50_ms,
        cell.p99_ms,
        cell.requests,
        cell.errors,
        _csv_map(cell.cpu_us),
        cell.fsync_p50_ms,
        cell.fsync_p99_ms,
        cell.load,
        _csv_map(cell.extra),
    ]


def _csv_map(values: dict[str, float]) -> str:
    return " ".join(f"{name.replace(' ', '_')}={value:.4g}" for name, value in values.items())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m loadtest.report", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", required=True, type=Path, help="the directory of results.json")
    parser.add_argument("--page", type=Path, help="a Markdown page to put the tables into, too")
    options = parser.parse_args(arguments)
    write(Results.load(options.out / "results.json"), options.out, options.page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
