"""Fuzzing for as long as one likes: `python -m tests.fuzz --seconds 600 --target http`."""

from __future__ import annotations

import argparse
import resource
import secrets
import time

from tests.fuzz.target import Target, execute
from tests.fuzz.targets import TARGETS

BATCH = 500
MEMORY = 2 << 30
"""Bytes of address space: an input that asks for more fails."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each target")
    parser.add_argument("--target", choices=sorted(TARGETS), action="append")
    parser.add_argument("--seed", type=int, help="of the first batch; random unless given")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seed = secrets.randbits(32) if options.seed is None else options.seed
    print(f"first seed {seed}", flush=True)
    for name in options.target or TARGETS:
        _report(TARGETS[name], options.seconds, seed)


def _report(target: Target, seconds: float, seed: int) -> None:
    start = time.monotonic()
    executed = 0
    while time.monotonic() - start < seconds:
        executed += execute(target, BATCH, seed=seed)
        seed += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{target.name:15} {executed:9} executions, {peak} MiB at most", flush=True)


if __name__ == "__main__":
    main()
