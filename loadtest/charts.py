"""Charts of a comparison as SVG and PNG; needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

from loadtest.case import Row
from loadtest.cases import rows
from loadtest.figures import ratio
from loadtest.report import as_wanted, both
from loadtest.results import Results, Summary
from loadtest.servers import SIDES, Side

_NAMES = {"vard": "vard_http", "etcd": "etcd"}
_COLOURS = {"vard": "tab:blue", "etcd": "tab:orange"}


def draw(results: Results, out: Path) -> list[Path]:
    """One chart of all ratios, and one for each axis that has points; the SVG files."""
    matplotlib.rcParams["svg.hashsalt"] = "vard_http"  # the same figures make the same file
    drawn = _ratios(results, out)
    axes = dict.fromkeys(row.at[0] for row in rows() if row.at)
    for axis in axes:
        along = [row for row in rows() if row.at and row.at[0] == axis]
        if any(results.summary(row.name, side) for row in along for side in SIDES):
            drawn += _sweep(results, axis, along, out)
    return drawn


def _ratios(results: Results, out: Path) -> list[Path]:
    bars = [
        (row.title, quotient, as_wanted(row, *both(results, row)))
        for row in reversed(rows())
        if row.at is None and row.versus is None
        if (quotient := _quotient(results, row)) is not None
    ]
    if not bars:
        return []
    figure, plot = pyplot.subplots(figsize=(9, 1.2 + 0.35 * len(bars)))
    titles = [title for title, _, _ in bars]
    lengths = [quotient - 1 for _, quotient, _ in bars]
    colours = ["tab:green" if good else "tab:red" for _, _, good in bars]
    plot.barh(titles, lengths, left=1, color=colours)
    plot.axvline(1, color="black", linewidth=1)
    plot.set_xscale("log")
    plot.set_xlabel("vard_http / etcd; green: as wanted")
    return _save(figure, out / "ratios")


def _quotient(results: Results, row: Row) -> float | None:
    ours, theirs = both(results, row)
    return ratio(ours.value, theirs.value) if ours and theirs else None


def _sweep(results: Results, axis: str, along: Sequence[Row], out: Path) -> list[Path]:
    figure, plots = pyplot.subplots(2, 2, figsize=(10, 7), sharex=True, squeeze=False)
    for column, method in enumerate(("PUT", "GET")):
        chosen = [row for row in along if row.title.startswith(method)]
        for side in SIDES:
            _throughput(plots[0][column], results, chosen, side)
            _latency(plots[1][column], results, chosen, side)
        plots[0][column].set_title(method)
        plots[1][column].set_xlabel(axis)
        plots[1][column].set_yscale("log")
        for plot in (plots[0][column], plots[1][column]):
            plot.set_xscale("linear" if axis == "members" else "log")
            plot.grid(visible=True, alpha=0.3)
            plot.legend()
    plots[0][0].set_ylabel("requests/s")
    plots[1][0].set_ylabel("ms")
    for plot in plots[0]:
        plot.set_ylim(bottom=0)
    return _save(figure, out / f"by-{axis.replace(' ', '-')}")


def _throughput(plot: Any, results: Results, chosen: Sequence[Row], side: Side) -> None:
    places, summaries = _points(results, chosen, side)
    values = [summary.value for summary in summaries]
    plot.plot(places, values, "o-", label=_NAMES[side], color=_COLOURS[side])


def _latency(plot: Any, results: Results, chosen: Sequence[Row], side: Side) -> None:
    places, summaries = _points(results, chosen, side)
    for style, name in (("o-", "p50_ms"), ("^--", "p99_ms")):
        values = [getattr(summary, name) for summary in summaries]
        label = f"{_NAMES[side]} {name.removesuffix('_ms')}"
        plot.plot(places, values, style, label=label, color=_COLOURS[side])


def _points(results: Results, chosen: Sequence[Row], side: Side) -> tuple[list[int], list[Summary]]:
    found = [
        (row.at[1], summary)
        for row in chosen
        if row.at and (summary := results.summary(row.name, side))
    ]
    return [place for place, _ in found], [summary for _, summary in found]


def _save(figure: Any, path: Path) -> list[Path]:
    figure.tight_layout()
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    figure.savefig(path.with_suffix(".png"), dpi=110)
    pyplot.close(figure)
    return [path.with_suffix(".svg")]
