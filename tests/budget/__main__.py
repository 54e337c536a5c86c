"""python -m tests.budget: count, and show what has changed; with --record make that the budget."""

from __future__ import annotations

import asyncio
import sys

from tests.budget.counting import count_all, read_budget, record


def main() -> None:
    counts, budget = asyncio.run(count_all()), read_budget()
    for name, now in counts.items():
        print(f"{name}: {now.calls} calls, {now.statements} statements a request", end="")
        print(
            f" (budget: {budget[name].calls}, {budget[name].statements})" if name in budget else ""
        )
    if "--record" in sys.argv[1:]:
        record(counts)


if __name__ == "__main__":
    main()
