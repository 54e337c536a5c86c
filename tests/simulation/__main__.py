"""Play many seeds, and tell the shortest story of the first that fails.

python -m tests.simulation --profile chaos --seeds 0:1000 --steps 2000
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.simulation.played import Played
from tests.simulation.run import PROFILES, SimulationFailed, play
from tests.simulation.shrink import shrink


def seed_range(text: str) -> range:
    """`A:B` is A to B-1, `A` is A alone."""
    first, colon, stop = text.partition(":")
    return range(int(first), int(stop) if colon else int(first) + 1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, help="all, unless given")
    parser.add_argument("--seeds", type=seed_range, default=range(100), metavar="A:B")
    parser.add_argument(
        "--steps", type=int, default=1000, help="events of cores, or milliseconds of nodes"
    )
    parser.add_argument("--no-shrink", action="store_true", help="tell failing runs as they are")
    options = parser.parse_args()
    failures = 0
    for profile in [options.profile] if options.profile else PROFILES:
        started, played = time.perf_counter(), []
        for seed in options.seeds:
            try:
                played.append(play(profile, seed, options.steps))
            except SimulationFailed as failure:
                failures += 1
                told = options.no_shrink or failures > 1
                report(profile, seed, options.steps, failure, as_it_is=told)
        print(summary(profile, played, len(options.seeds), time.perf_counter() - started))
        sys.stdout.flush()
    return 1 if failures else 0


def report(
    profile: str, seed: int, steps: int, failure: SimulationFailed, *, as_it_is: bool
) -> None:
    """Tell of a failing run; the shortest one with the same end, unless `as_it_is`."""
    print(f"--- {profile}, seed {seed}: {failure.found}", flush=True)
    shrunk = None if as_it_is else shrink(profile, seed, steps)
    if shrunk is None:
        print(f"{failure}\n", flush=True)
        return
    actions, shortest = shrunk
    print(f"{shortest}\n{len(actions)} actions are needed for this:")
    for action in actions:
        print("   ", *action)
    print(flush=True)


def summary(profile: str, played: list[Played], asked: int, seconds: float) -> str:
    """What the runs of one profile were worth."""
    happened: Counter[str] = Counter()
    for run in played:
        happened += run.happened
    counts = ", ".join(f"{count} {kind}" for kind, count in happened.most_common())
    return (
        f"{profile:<13} {len(played)} of {asked} seeds hold in {seconds:.1f} s:"
        f" {sum(p.steps for p in played)} steps, {sum(p.elections for p in played)} elections,"
        f" {sum(p.committed for p in played)} commits,"
        f" {sum(p.acknowledged for p in played)} acknowledged,"
        f" {sum(p.reads for p in played)} reads,"
        f" {sum(p.milliseconds for p in played) // 1000} virtual seconds; {counts}"
    )


if __name__ == "__main__":
    sys.exit(main())
