"""Random requests to two servers, whose answers must be equal byte for byte.

`python -m tests.conformance.differential --seeds 0:200 --steps 100 --left etcd --right vard`
prints the first difference of each seed and exits with 1 if there is one; `--shrink` first looks
for the few steps it needs, on fresh servers. etcd against etcd must show no difference: each one
of a run against vard is then real.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from tests.conformance.runner import Difference, Runner, story
from tests.conformance.shrink import shrink
from tests.conformance.side import Side
from tests.conformance.steps import Step
from tests.harness.processes import Kind, Server, start_server


def compare(
    seeds: range, steps: int, left: Kind, right: Kind, skip: frozenset[str] = frozenset()
) -> Iterator[Difference | None]:
    """For each seed its first difference or None. Only a difference costs a new pair of servers."""
    runner: Runner | None = None
    try:
        for seed in seeds:
            runner = runner or _start_pair(left, right, skip)
            difference = runner.run(seed, steps)
            yield difference
            if difference is not None:
                _close(runner)
                runner = None
    finally:
        if runner is not None:
            _close(runner)


def _replay_afresh(found: Difference, left: Kind, right: Kind) -> Difference:
    """The difference with as few steps as can be found."""

    def replay(steps: Sequence[Step]) -> Difference | None:
        runner = _start_pair(left, right, frozenset())
        try:
            return runner.replay(found.seed, steps)
        finally:
            _close(runner)

    return shrink(found, replay)


def _start_pair(left: Kind, right: Kind, skip: frozenset[str]) -> Runner:
    first: Server = start_server(left)
    try:
        second = start_server(right)
    except BaseException:
        first.close()
        raise
    return Runner(Side(left, first), Side(right, second), skip)


def _close(runner: Runner) -> None:
    runner.left.close()
    runner.right.close()


def _seeds(text: str) -> range:
    first, _, last = text.partition(":")
    return range(int(first), int(last or int(first) + 1))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.differential")
    parser.add_argument("--seeds", type=_seeds, default=range(20), help="A:B, or one seed")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--left", choices=("etcd", "vard"), default="etcd")
    parser.add_argument("--right", choices=("etcd", "vard"), default="vard")
    parser.add_argument("--skip", default="", help="categories not to generate, by comma")
    parser.add_argument("--shrink", action="store_true", help="look for fewer steps (slow)")
    options = parser.parse_args()
    found = 0
    skip = frozenset(options.skip.split(",")) - {""}
    for difference in compare(options.seeds, options.steps, options.left, options.right, skip):
        if difference is not None:
            found += 1
            if options.shrink:
                difference = _replay_afresh(difference, options.left, options.right)
            before = 40 if options.shrink else 6
            print(story(difference, (options.left, options.right), before), end="\n\n", flush=True)
    seeds = options.seeds
    print(f"seeds {seeds.start}:{seeds.stop} x {options.steps} steps: {found} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
