"""Side by side: real etcd and vard_http, in turn, on this machine.

    python -m loadtest.compare --rounds 3 --duration 5 --rows put-1,put-64 --out DIR

Every cell is on disk (DIR/results.json) as soon as it is measured. Ctrl-C ends the measuring and
still writes the report; --resume goes on where it ended.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtest import report
from loadtest.case import Bench, Case
from loadtest.cases import CASES, UnknownRow, choose
from loadtest.figures import number
from loadtest.progress import Progress
from loadtest.results import Missing, Results, describe_machine, now
from loadtest.servers import SIDES, Side
from loadtest.watchers import raise_file_limit
from loadtest.wrk import WrkFailed

DEFAULT_OUT = Path("benchmarks.vard")

# Every error of this package is a RuntimeError: one case may fail without spoiling the others.
_FAILURES = (OSError, RuntimeError)


@dataclass(frozen=True)
class Step:
    """One case on one side in one round."""

    case: Case
    side: Side
    round: int

    def __str__(self) -> str:
        return f"{self.case.name}, {self.side}, round {self.round}"


def plan(cases: Sequence[Case], sides: Sequence[Side], rounds: int) -> list[Step]:
    """All steps: sides alternate within a case, and a round ends before the next begins."""
    numbers = range(1, rounds + 1)
    return [Step(case, side, n) for n in numbers for case in cases for side in sides]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.list:
        print("\n".join(_catalogue()))
        return 0
    try:
        cases = choose(options.rows.split(","))
        results = _results(options)
    except UnknownRow as error:
        print(f"{error}; --list tells them", file=sys.stderr)
        return 2
    except WrkFailed as error:
        print(error, file=sys.stderr)
        return 2
    raise_file_limit()
    options.out.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    steps = plan(cases, options.sides, options.rounds)
    whole = _measure(steps, results, options)
    report.write(results, options.out, options.page)
    print(f"The report is in {options.out}/", file=sys.stderr)
    return 0 if whole else 130


def _measure(steps: Sequence[Step], results: Results, options: argparse.Namespace) -> bool:
    """Takes the steps that are still to take; False if somebody interrupted."""
    todo = [step for step in steps if not _done(step, results)]
    progress = Progress(len(todo))
    try:
        for step in todo:
            progress.begin(str(step))
            bench = Bench(
                step.side, step.round, options.duration, options.scale, options.data, progress.tell
            )
            _take(step, bench, results, progress)
            results.save(options.out / "results.json")
    except KeyboardInterrupt:
        progress.end("interrupted")
        results.save(options.out / "results.json")
        return False
    return True


def _take(step: Step, bench: Bench, results: Results, progress: Progress) -> None:
    try:
        cells = step.case.run(bench)
    except _FAILURES as error:
        results.missing.append(Missing(step.case.name, step.side, step.round, str(error)[-2000:]))
        progress.end(f"FAILED: {str(error)[:300]}")
        return
    results.cells.extend(cells)
    units = {row.name: row.unit for row in step.case.rows}
    progress.end("  ".join(f"{c.row} {number(c.value)} {units[c.row]}" for c in cells))


def _done(step: Step, results: Results) -> bool:
    measured = (row.name for row in step.case.rows if row.of is None)
    return all(results.has(name, step.side, step.round) for name in measured)


def _results(options: argparse.Namespace) -> Results:
    path = options.out / "results.json"
    if options.resume and path.exists():
        kept = Results.load(path)
        kept.missing = []
        kept.rounds = max(kept.rounds, options.rounds)
        return kept
    return Results(
        taken=now(),
        machine=describe_machine(options.data or Path(tempfile.gettempdir())),
        rounds=options.rounds,
        seconds=options.duration,
        scale=options.scale,
        note=options.note,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtest.compare", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rows", default="main", help="rows, cases, main, sweeps or all")
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--duration", default=5, type=int, help="seconds of each measurement")
    parser.add_argument("--sides", default=SIDES, type=_sides, help="vard,etcd or one of them")
    parser.add_argument("--out", default=DEFAULT_OUT, type=Path, help="where the report goes")
    parser.add_argument("--page", type=Path, help="a Markdown page to put the tables into, too")
    parser.add_argument("--data", type=Path, help="where servers keep their data: a real disk")
    parser.add_argument("--note", default="", help="words for the report's head")
    parser.add_argument("--scale", default=1.0, type=float, help="of the large cases, to try them")
    parser.add_argument("--resume", action="store_true", help="keep what --out has already")
    parser.add_argument("--list", action="store_true", help="tell the rows and end")
    return parser


def _sides(text: str) -> tuple[Side, ...]:
    chosen = tuple(side for side in SIDES if side in text.split(","))
    if len(chosen) != len(text.split(",")):
        raise argparse.ArgumentTypeError(f"not among {', '.join(SIDES)}: {text}")
    return chosen


def _catalogue() -> list[str]:
    return [
        f"{case.group:7} {case.name:22} {row.name:26} {row.title} ({row.unit})"
        for case in CASES
        for row in case.rows
    ]


if __name__ == "__main__":
    sys.exit(main())
