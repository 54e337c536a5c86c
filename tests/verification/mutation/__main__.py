"""Run every mutant against its checks: python -m tests.verification.mutation [NAME ...]."""

from __future__ import annotations

import argparse
import sys
import time

from tests.verification.mutation.table import MUTANTS


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.verification.mutation", description=__doc__
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="all, unless given")
    parser.add_argument("--markdown", action="store_true", help="as in docs/verification.md")
    options = parser.parse_args()
    chosen = [m for m in MUTANTS if not options.names or m.name in options.names]
    survivors = 0
    print("| mutant | fault | caught by | as | after |" + ("" if options.markdown else " time |"))
    print("| --- | --- | --- | --- | --- |" + ("" if options.markdown else " --- |"))
    for mutant in chosen:
        for number, check in enumerate(mutant.checks):
            started = time.perf_counter()
            catch = mutant.caught_by(check)
            seconds = time.perf_counter() - started
            cells = [f"`{mutant.name}`", mutant.fault] if not number else ["", ""]
            if catch is None:
                survivors += 1
                cells += [f"**not caught** by {check}", "", ""]
            elif catch.name not in check.names:
                survivors += 1
                cells += [catch.by, f"`{catch.name}`, not {' or '.join(check.names)}", catch.after]
            else:
                cells += [catch.by, f"`{catch.name}`", catch.after]
            if not options.markdown:
                cells.append(f"{seconds:.2f} s")
            print(f"| {' | '.join(cells)} |", flush=True)
    checks = sum(len(mutant.checks) for mutant in chosen)
    print(
        f"\n{len(chosen)} mutants, {checks} checks, {survivors} not as expected.", file=sys.stderr
    )
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
