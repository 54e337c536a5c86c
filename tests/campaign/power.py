"""Power cuts: python -m tests.campaign.power --cuts 100 --seed 1.

One member is written to, and its power is cut at a random operation on its files, also while it
starts. What was not synced is lost, in whole or in part. After every restart that gets to serve,
all that was acknowledged is there.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from tests.campaign.field import leader_known
from tests.campaign.http import Connection, NotSent, Unanswered, ask, parsed
from tests.campaign.members import Member, found
from tests.campaign.shim import MISSING, Policy, compiled

CLIENTS: Final = 4
KEYS: Final = 30
OPERATIONS: Final = (1, 10, 100, 1000, 4000)
"""The cut comes after at most one of these many operations on files."""
FRESH: Final = 0.1
"""The share of cuts before which the member begins with an empty directory."""
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 60.0


class PowerCuts(Struct):
    """What a series of cuts came to. `violations` say what was lost or refused."""

    cuts: int = 0
    at_start: int = 0
    at_stop: int = 0
    fresh: int = 0
    verified: int = 0
    acknowledged: int = 0
    dropped: int = 0
    torn: int = 0
    kept: int = 0
    names_dropped: int = 0
    violations: list[str] = []


class Writer:
    """Overwrites its keys in turn; knows the last acknowledged value of each and what may be."""

    def __init__(self, name: str, member: Member, chance: random.Random) -> None:
        self._name = name
        self._connection = Connection(member.port)
        self._chance = chance
        self._count = 0
        self.acknowledged = 0
        self.promised: dict[str, tuple[str, int]] = {}
        self.doubtful: dict[str, set[str]] = {}

    async def run(self) -> None:
        """Write until the member dies."""
        try:
            while True:
                await self._write()
        except (NotSent, Unanswered):
            return

    def forget(self) -> None:
        """Begin anew with a member that has nothing."""
        self.promised.clear()
        self.doubtful.clear()

    async def _write(self) -> None:
        self._count += 1
        key = f"/power/{self._name}-{self._count % KEYS}"
        value = f"{self._count} " + "x" * self._chance.choice((10, 500, 9000))
        self.doubtful.setdefault(key, set()).add(value)
        answer = await self._connection.request("PUT", f"/v2/keys{key}", {"value": value})
        if answer.status not in (200, 201):
            raise Unanswered(f"{answer}")
        self.promised[key] = (value, parsed(answer)["node"]["modifiedIndex"])
        self.doubtful[key].clear()
        self.acknowledged += 1

    def losses(self, leaves: Mapping[str, tuple[str, int]]) -> list[str]:
        """Keys that are neither what was promised nor what was sent after it.

        What is found is what there is from now on.
        """
        wrong = []
        for key in self.promised.keys() | self.doubtful.keys():
            promised, actual = self.promised.get(key), leaves.get(key)
            later = actual is not None and actual[0] in self.doubtful.get(key, ())
            rising = promised is None or (actual is not None and actual[1] > promised[1])
            if actual != promised and not (later and rising):
                wrong.append(f"{key} is {_short(actual)}, acknowledged was {_short(promised)}")
            if actual is not None:
                self.promised[key] = actual
            self.doubtful.get(key, set()).clear()
        return wrong


def _short(content: tuple[str, int] | None) -> str:
    return "absent" if content is None else f"{content[0][:12]!r} at {content[1]}"


async def cut_power(
    cuts: int, seed: int, library: Path, *, lies: bool = False, seconds: float = float("inf")
) -> PowerCuts:
    """Cut the power of one member `cuts` times, or until the time is over.

    With `lies` its disk says that it has synced and has not: then acknowledged writes get lost.
    """
    chance = random.Random(seed)
    [member] = found(1, library, ["--snapshot-count=100"])
    result, deadline = PowerCuts(), time.monotonic() + seconds
    try:
        assert member.shim is not None
        member.shim.set(journal=1, sync_lies=int(lies))
        writers = [Writer(f"c{number}", member, chance) for number in range(CLIENTS)]
        while result.cuts < cuts and time.monotonic() < deadline and not result.violations:
            await _one(member, writers, chance, result)
        if not result.violations:
            await _start(member, writers, result)
        result.acknowledged = sum(writer.acknowledged for writer in writers)
        for name in ("dropped", "torn", "kept", "names_dropped"):
            setattr(result, name, member.shim.get(name))
        return result
    finally:
        member.close()


async def _one(
    member: Member, writers: list[Writer], chance: random.Random, result: PowerCuts
) -> None:
    assert member.shim is not None
    early, stopping = chance.random() < 0.3, chance.random() < 0.2
    after = chance.randint(1, chance.choice(OPERATIONS[:3] if early else OPERATIONS))
    policy, seed = chance.choice(list(Policy)), chance.getrandbits(31)
    if chance.random() < FRESH:
        shutil.rmtree(member.directory / "data", ignore_errors=True)
        for writer in writers:
            writer.forget()
        result.fresh += 1
    if early:
        member.shim.arm(after, policy, seed)
    if await _start(member, writers, result):
        if stopping:
            result.at_stop += await _stop(member, writers, chance.randint(1, 12), policy, seed)
        elif not early:
            member.shim.arm(after, policy, seed)
        await asyncio.gather(*(writer.run() for writer in writers))
    elif not result.violations:
        result.at_start += 1
    if not result.violations:
        status = member.wait_end(STOP_SECONDS)
        result.cuts = member.shim.get("cuts")
        member.shim.set(cut_after=0)
        if status not in (-signal.SIGKILL, -signal.SIGTERM):
            result.violations.append(f"ended with status {status}: {member.last_words()}")


async def _stop(
    member: Member, writers: list[Writer], after: int, policy: Policy, seed: int
) -> bool:
    """Stop the member in order after some writes; whether the power was cut before it was done."""
    assert member.shim is not None
    cuts = member.shim.get("cuts")
    writing = [asyncio.ensure_future(writer.run()) for writer in writers]
    await asyncio.sleep(0.2)
    if member.alive:
        member.shim.arm(after, policy, seed)
        member.signal(signal.SIGTERM)
    await asyncio.gather(*writing)
    member.wait_end(STOP_SECONDS)
    return member.shim.get("cuts") > cuts


async def _start(member: Member, writers: list[Writer], result: PowerCuts) -> bool:
    """Start the member and look for all that was acknowledged; False if it ended before that."""
    member.spawn()
    deadline = time.monotonic() + START_SECONDS
    while await leader_known(member) is None:
        if not member.alive:
            return False
        if time.monotonic() > deadline:
            result.violations.append(f"does not serve: {member.last_words()}")
            return False
    try:
        leaves = await _leaves(member)
    except (NotSent, Unanswered):
        return False
    result.verified += 1
    result.violations += [loss for writer in writers for loss in writer.losses(leaves)]
    return True


async def _leaves(member: Member) -> dict[str, tuple[str, int]]:
    answer = await ask(member.port, "GET", "/v2/keys/power?quorum=true", patience=10)
    nodes: list[Any] = parsed(answer)["node"].get("nodes", []) if answer.status == 200 else []
    return {node["key"]: (node["value"], node["modifiedIndex"]) for node in nodes}


def describe(result: PowerCuts, seed: int) -> str:
    """The figures for people."""
    lines = [
        f"power cuts: {result.cuts} (seed {seed}), {result.at_start} of them before it served"
        f", {result.at_stop} while it stopped, {result.fresh} times a new member",
        f"restarts verified: {result.verified}, acknowledged writes: {result.acknowledged}",
        f"writes that were not synced: {result.dropped} dropped, {result.torn} torn,"
        f" {result.kept} kept; {result.names_dropped} names dropped",
        *(f"violated: {each}" for each in result.violations[:10]),
    ]
    return "\n".join([*lines, "violated" if result.violations else "holds"]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign.power", description=__doc__)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    parser.add_argument("--lies", action="store_true", help="let the disk say it synced when not")
    options = parser.parse_args()
    library = compiled()
    if library is None:
        print(MISSING)
        return 0
    result = asyncio.run(cut_power(options.cuts, options.seed, library, lies=options.lies))
    print(describe(result, options.seed), end="")
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
