"""What `bench` tells at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from vard_http.ctl.bench.latencies import Latencies
from vard_http.ctl.bench.load import Kind, Load, Tally
from vard_http.ctl.observe import text

PERCENTILES: Final = (50, 90, 99, 99.9)
_BAR: Final = 40
_BUSY: Final = 0.9


@dataclass(frozen=True, slots=True)
class Outcome:
    """A load and how it went: `seconds` it took, of which this process used the processor `cpu`."""

    load: Load
    targets: Sequence[str]
    tally: Tally
    seconds: float
    cpu: float


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Times are in seconds."""
    load, tally = outcome.load, outcome.tally
    kinds = {kind.value: _figures(outcome, kind) for kind in load.mix}
    whole = Latencies.of(tally.latencies.values())
    return {
        "seconds": outcome.seconds,
        "targets": list(outcome.targets),
        "connections": load.connections,
        "keys": load.keys,
        "valueSize": load.value_size,
        "generatorCpu": outcome.cpu / outcome.seconds,
        "total": _numbers(whole, tally.failed.total(), outcome.seconds),
        "kinds": kinds,
        "histogram": [{"upTo": bar.bound, "count": bar.count} for bar in whole.bars()],
        "errors": dict(tally.reasons.most_common()),
    }


def _figures(outcome: Outcome, kind: Kind) -> dict[str, Any]:
    tally = outcome.tally
    return _numbers(tally.latencies[kind], tally.failed[kind], outcome.seconds)


def _numbers(latencies: Latencies, failed: int, seconds: float) -> dict[str, Any]:
    return {
        "requests": latencies.count,
        "failed": failed,
        "perSecond": latencies.count / seconds,
        "latency": {
            "mean": latencies.mean,
            **{f"p{percent:g}": latencies.percentile(percent) for percent in PERCENTILES},
            "max": latencies.most if latencies.count else None,
        },
    }


def lines(outcome: Outcome) -> list[str]:
    """A table of the kinds, then a histogram of all requests."""
    load = outcome.load
    members = "member" if len(outcome.targets) == 1 else "members"
    return [
        f"{outcome.seconds:.1f} s, {load.connections} connections to {len(outcome.targets)}"
        f" {members}, {load.keys} keys, values of {load.value_size} bytes",
        "",
        *_table(outcome),
        *_histogram(Latencies.of(outcome.tally.latencies.values())),
        *_errors(outcome.tally),
        *_generator(outcome),
    ]


def _table(outcome: Outcome) -> list[str]:
    titles = ["", "REQUESTS", "FAILED", "PER SECOND", "MEAN"]
    titles += [*(f"P{percent:g}" for percent in PERCENTILES), "MAX"]
    tally, seconds = outcome.tally, outcome.seconds
    kinds = outcome.load.mix
    rows = [_row(one.value, tally.latencies[one], tally.failed[one], seconds) for one in kinds]
    table = [titles, *rows]
    if len(kinds) > 1:
        whole = Latencies.of(tally.latencies.values())
        table.append(_row("all", whole, tally.failed.total(), seconds))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(_padded(row, widths)).rstrip() for row in table]


def _row(name: str, latencies: Latencies, failed: int, seconds: float) -> list[str]:
    times = [latencies.mean, *map(latencies.percentile, PERCENTILES)]
    times.append(latencies.most if latencies.count else None)
    rate = f"{latencies.count / seconds:.0f}"
    return [name, str(latencies.count), str(failed), rate, *map(text.seconds, times)]


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    name, *numbers = row
    rest = zip(numbers, widths[1:], strict=True)
    return [name.ljust(widths[0]), *(number.rjust(width) for number, width in rest)]


def _histogram(latencies: Latencies) -> list[str]:
    bars = latencies.bars()
    if not bars:
        return []
    most = max(bar.count for bar in bars)
    drawn = ["", "latency of all"]
    for bar in bars:
        part = bar.count / latencies.count
        length = -(-bar.count * _BAR // most)
        drawn.append(f"{text.seconds(bar.bound):>8}  {'#' * length:<{_BAR}}  {part * 100:5.1f}%")
    return drawn


def _errors(tally: Tally) -> list[str]:
    if not tally.reasons:
        return []
    return ["", "failures", *(f"{n:>8}  {why}" for why, n in tally.reasons.most_common(10))]


def _generator(outcome: Outcome) -> list[str]:
    """Whether the figures are the cluster's or this program's."""
    part = outcome.cpu / outcome.seconds
    if part < _BUSY:
        return []
    return [
        "",
        f"This program used {part * 100:.0f}% of a processor: it was at its own limit, and the"
        " cluster can do more. Run several at once to see how much.",
    ]
