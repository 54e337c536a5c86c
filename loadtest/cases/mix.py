"""The realistic users of locustfile.py, without the web UI."""

from __future__ import annotations

import csv
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from loadtest.case import Bench, Case, Row
from loadtest.results import Cell

USERS = 100
MIN_SECONDS = 10

_LOCUSTFILE = Path(__file__).parents[1] / "locustfile.py"


class LocustMissing(RuntimeError):
    """Locust is not installed, or did not run."""


def mix(bench: Bench) -> list[Cell]:
    """100 users who think between requests: how long they wait, not how many requests fit."""
    if importlib.util.find_spec("locust") is None:
        raise LocustMissing("locust is not installed: pip install -e '.[loadtest]'")
    seconds = max(bench.seconds, MIN_SECONDS)
    with bench.cluster() as cluster, tempfile.TemporaryDirectory() as directory:
        bench.tell(f"{USERS} users for {seconds} s")
        with bench.watched(cluster) as spent:
            _locust(cluster.leader().port, seconds, Path(directory) / "mix")
        total = aggregated((Path(directory) / "mix_stats.csv").read_text())
    cell = bench.cell("locust-mix", float(total["99%"]))
    cell.p50_ms, cell.p99_ms = float(total["50%"]), float(total["99%"])
    cell.requests, cell.errors = int(total["Request Count"]), int(total["Failure Count"])
    cell.extra = {"requests/s": float(total["Requests/s"])}
    spent.into(cell, cell.requests)
    return [cell]


def aggregated(stats: str) -> dict[str, str]:
    """The line of a Locust PREFIX_stats.csv that sums up all others. Raises LocustMissing."""
    for line in csv.DictReader(stats.splitlines()):
        if line["Name"] == "Aggregated" and line["99%"] != "N/A":
            return line
    raise LocustMissing(f"no totals in what Locust wrote:\n{stats}")


def _locust(port: int, seconds: int, prefix: Path) -> None:
    options = {
        "-f": str(_LOCUSTFILE),
        "--host": f"http://127.0.0.1:{port}",
        "-u": str(USERS),
        "-r": str(USERS),
        "-t": f"{seconds}s",
        "--csv": str(prefix),
    }
    flags = ["--headless", "--only-summary", "--reset-stats", "--exit-code-on-error", "0"]
    done = subprocess.run(
        [sys.executable, "-m", "locust", *flags, *(p for pair in options.items() for p in pair)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(_LOCUSTFILE.parents[1])},
    )
    if done.returncode != 0:
        raise LocustMissing(done.stdout + done.stderr)


CASES = (
    Case(
        "locust-mix",
        (Row("locust-mix", f"Locust, {USERS} realistic users: p99", "ms", False),),
        mix,
    ),
)
