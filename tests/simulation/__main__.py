"""Play many seeds: python -m tests.simulation --profile chaos --seeds 0:1000 --steps 2000."""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation.run import PROFILES, SimulationFailed, play


def seed_range(text: str) -> range:
    """`A:B` is A to B-1, `A` is A alone."""
    first, colon, stop = text.partition(":")
    return range(int(first), int(stop) if colon else int(first) + 1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--profile", choices=sorted(PROFILES), help="all, unless given")
    parser.add_argument("--seeds", type=seed_range, default=range(100), metavar="A:B")
    parser.add_argument("--steps", type=int, default=1000, help="events with faults, per seed")
    options = parser.parse_args()
    failures = 0
    for profile in [options.profile] if options.profile else PROFILES:
        started, played = time.perf_counter(), []
        for seed in options.seeds:
            try:
                played.append(play(profile, seed, options.steps))
            except SimulationFailed as failure:
                failures += 1
                print(f"--- {profile}, seed {seed}\n{failure}\n", flush=True)
        print(
            f"{profile:<11} {len(played)} of {len(options.seeds)} seeds hold"
            f" in {time.perf_counter() - started:.1f} s:"
            f" {sum(p.steps for p in played)} steps, {sum(p.elections for p in played)} elections,"
            f" {sum(p.committed for p in played)} commits,"
            f" {sum(p.acknowledged for p in played)} acknowledged,"
            f" {sum(p.reads for p in played)} reads,"
            f" {sum(p.milliseconds for p in played) // 1000} virtual seconds",
            flush=True,
        )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
