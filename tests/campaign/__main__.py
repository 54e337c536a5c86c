"""Real members under faults: python -m tests.campaign --nodes 3 --seconds 60 --seed 1."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.campaign.campaign import Plan, Report, run
from tests.campaign.faults import FAULTS
from tests.campaign.shim import MISSING


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--nodes", type=int, default=3, choices=range(3, 10), metavar="N")
    parser.add_argument("--seconds", type=float, default=60.0, help="of faults, for each run")
    parser.add_argument("--runs", type=int, default=1, help="with seeds one after another")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    parser.add_argument("--faults", default="all", help=f"all, or some of {','.join(FAULTS)}")
    parser.add_argument(
        "--clients", type=int, default=6, help="of registers; others come with them"
    )
    parser.add_argument(
        "--local-reads", action="store_true", help="read without a quorum, which is not safe"
    )
    parser.add_argument("--out", type=Path, help="where histories and logs are to be stored")
    options = parser.parse_args()
    faults = sorted(FAULTS) if options.faults == "all" else options.faults.split(",")
    if unknown := set(faults) - set(FAULTS):
        parser.error(f"unknown faults: {', '.join(sorted(unknown))}")
    out = options.out or Path(tempfile.mkdtemp(prefix="vard-http-campaign-"))
    violated = 0
    for seed in range(options.seed, options.seed + options.runs):
        plan = Plan(
            options.nodes,
            options.seconds,
            seed,
            faults,
            options.clients,
            quorum_reads=not options.local_reads,
        )
        where = out / f"seed-{seed}"
        where.mkdir(parents=True, exist_ok=True)
        report = asyncio.run(run(plan, where))
        text = describe(report)
        (where / "report.txt").write_text(text)
        (where / "report.json").write_bytes(msgspec.json.encode(report))
        print(f"{text}history: {where}\n", flush=True)
        violated += report.violated
    return 1 if violated else 0


def describe(report: Report) -> str:
    """A report for people."""
    plan = report.plan
    lines = [f"{plan.nodes} members, {plan.seconds:g} s, seed {plan.seed}"]
    lines += [f"  {deed.at:7.2f}  {deed.what}" for deed in report.timeline]
    lines.append("faults: " + _counts(report.faults))
    if report.left_out:
        lines.append(f"left out: {', '.join(report.left_out)} ({MISSING})")
    lines.append("operations: " + _counts(report.operations))
    lines.append("frames between members: " + _counts(report.network))
    lines += [f"{each.outcome:>8}  {each.name}: {each.detail}" for each in report.verdicts]
    return "\n".join(lines) + "\n"


def _counts(counts: object) -> str:
    items = dict(counts).items()  # type: ignore[call-overload]
    return ", ".join(f"{name} {count}" for name, count in sorted(items)) or "none"


if __name__ == "__main__":
    sys.exit(main())
