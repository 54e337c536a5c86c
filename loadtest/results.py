"""What was measured, as kept in results.json, and the summary of several rounds."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from loadtest import procfs, wrk
from loadtest.figures import median
from loadtest.servers import Side


class Cell(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One row measured once on one side.

    `cpu_us` is the processor time of each member per request, in microseconds; `fsync_*` the
    disk's own latency during the measurement; `load` the machine's load average before it.
    """

    row: str
    side: Side
    round: int
    value: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    requests: int | None = None
    errors: int = 0
    cpu_us: dict[str, float] = {}
    fsync_p50_ms: float | None = None
    fsync_p99_ms: float | None = None
    load: float | None = None
    extra: dict[str, float] = {}


class Missing(msgspec.Struct):
    """A case that could not be measured, and why."""

    case: str
    side: Side
    round: int
    why: str


class Results(msgspec.Struct, kw_only=True):
    """All cells of a comparison, and what they were taken with."""

    taken: str
    machine: dict[str, str]
    rounds: int
    seconds: int
    scale: float = 1.0
    note: str = ""
    cells: list[Cell] = []
    missing: list[Missing] = []

    def save(self, path: Path) -> None:
        """Writes the file anew; a cut run finds the old or the new one, never half of one."""
        fresh = path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path) -> Results:
        """Raises OSError or msgspec.DecodeError."""
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def has(self, row: str, side: Side, round: int) -> bool:
        return any((c.row, c.side, c.round) == (row, side, round) for c in self.cells)

    def summary(self, row: str, side: Side) -> Summary | None:
        """The medians of a row's rounds; None if there is no round."""
        cells = [cell for cell in self.cells if (cell.row, cell.side) == (row, side)]
        return summarise(cells) if cells else None


class Summary(msgspec.Struct):
    """Medians over the rounds of one row on one side; `cpu_us` is the sum over the members."""

    rounds: int
    value: float
    lowest: float
    highest: float
    p50_ms: float | None
    p99_ms: float | None
    cpu_us: float | None
    fsync_p50_ms: float | None
    errors: int


def summarise(cells: list[Cell]) -> Summary:
    """Raises ValueError if there are no cells."""
    if not cells:
        raise ValueError("nothing to summarise")
    values = [cell.value for cell in cells]
    return Summary(
        rounds=len(cells),
        value=median(values),
        lowest=min(values),
        highest=max(values),
        p50_ms=_median(cell.p50_ms for cell in cells),
        p99_ms=_median(cell.p99_ms for cell in cells),
        cpu_us=_median(sum(cell.cpu_us.values()) or None for cell in cells),
        fsync_p50_ms=_median(cell.fsync_p50_ms for cell in cells),
        errors=sum(cell.errors for cell in cells),
    )


def describe_machine(data: Path) -> dict[str, str]:
    """What a reader must know to compare the figures with their own."""
    return {
        "processor": f"{os.cpu_count()} x {procfs.cpu_model()}",
        "memory": f"{procfs.memory_gib():.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "filesystem of the data": procfs.filesystem(data),
        "Python": f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "vard_http": _first_line([sys.executable, "-m", "vard_http", "--version"]),
        "commit": _first_line(["git", "rev-parse", "--short", "HEAD"]),
        "etcd": _first_line(["etcd", "--version"]),
        "wrk": wrk.version(),
    }


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _first_line(command: list[str]) -> str:
    if shutil.which(command[0]) is None:
        return "not installed"
    root = Path(__file__).parents[1]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    return (done.stdout.splitlines() or ["unknown"])[0]
