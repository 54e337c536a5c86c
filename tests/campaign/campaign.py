"""One campaign: cluster, clients and nemesis at work, then peace, then the verdicts."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from tests.campaign import checks
from tests.campaign.checks import Verdict
from tests.campaign.field import Field, Trouble, state_of
from tests.campaign.history import History
from tests.campaign.http import NotSent, Unanswered, ask, parsed
from tests.campaign.locks import LOCK, LockClient
from tests.campaign.nemesis import Deed, Nemesis
from tests.campaign.shim import compiled
from tests.campaign.watching import DIRECTORIES, Watcher, kept_events
from tests.campaign.workload import Client, PromiseClient, RegisterClient, Site

PEACE_SECONDS: Final = 60.0
"""How long the cluster may take, after the last fault, to do all that it has to."""


class Plan(Struct, frozen=True):
    """What is to be done; `pause` is a client's mean rest after each operation, in seconds."""

    nodes: int
    seconds: float
    seed: int
    faults: Sequence[str]
    clients: int = 6
    pause: float = 0.02
    quorum_reads: bool = True


class Report(Struct):
    """What was done and found."""

    plan: Plan
    timeline: Sequence[Deed]
    operations: Mapping[str, int]
    faults: Mapping[str, int]
    left_out: Sequence[str]
    network: Mapping[str, int]
    verdicts: Sequence[Verdict]

    @property
    def violated(self) -> bool:
        return any(each.outcome == "violated" for each in self.verdicts)


async def run(plan: Plan, out: Path) -> Report:
    """Carry out the plan and leave history, timeline and logs in the directory `out`."""
    chance = random.Random(plan.seed)
    library = compiled()
    field = Field(plan.nodes, library, chance)
    nemesis = Nemesis(field, plan.faults, plan.seed, shim=library is not None)
    try:
        await field.start()
        history = History()
        site = Site(field.ports, history, time.monotonic(), plan.pause, plan.quorum_reads)
        trouble = await _battle(plan, field, nemesis, site)
        history.store(out)
        verdicts = await _verdicts(field, history, trouble, clocks="clock" not in nemesis.counts)
        return Report(
            plan,
            nemesis.timeline,
            _outcomes(history),
            nemesis.counts,
            nemesis.left_out,
            _network(field),
            verdicts,
        )
    finally:
        (out / "timeline.jsonl").write_bytes(
            b"".join(msgspec.json.encode(deed) + b"\n" for deed in nemesis.timeline)
        )
        for member in field.members:
            if (member.directory / "log").exists():
                shutil.copy(member.directory / "log", out / f"{member.name}.log")
        await field.close()


async def _battle(plan: Plan, field: Field, nemesis: Nemesis, site: Site) -> list[str]:
    """Clients and nemesis for as long as planned, then peace; returns what did not come back."""
    clients = _clients(plan, site)
    since = int(max([(await state_of(each))["etcd_index"] for each in field.members])) + 1
    watchers = [
        Watcher(f"w{number}", site, plan.seed, directory, since, streaming=number % 2 == 0)
        for directory in DIRECTORIES
        for number in (1, 2)
    ]
    no_more_faults, no_more_writes, no_more_watches = (asyncio.Event() for _ in range(3))
    working = [asyncio.ensure_future(client.run(no_more_writes)) for client in clients]
    watching = [asyncio.ensure_future(watcher.run(no_more_watches)) for watcher in watchers]
    havoc = asyncio.ensure_future(nemesis.run(no_more_faults))
    trouble: list[str] = []
    try:
        await asyncio.wait(
            {havoc, *working, *watching}, timeout=plan.seconds, return_when=asyncio.FIRST_EXCEPTION
        )
        no_more_faults.set()
        try:
            await havoc
            trouble += await _peace(field, site)
        except Trouble as error:
            trouble.append(str(error))
        no_more_writes.set()
        await asyncio.gather(*working)
        if not trouble:
            trouble += await _watchers_arrive(field, watchers)
        no_more_watches.set()
        await asyncio.gather(*watching)
    finally:
        for task in (havoc, *working, *watching):
            task.cancel()
        await asyncio.gather(havoc, *working, *watching, return_exceptions=True)
    return trouble


def _clients(plan: Plan, site: Site) -> list[Client]:
    counts: dict[int, int] = {}
    clients: list[Client] = [
        RegisterClient(f"r{number}", site, plan.seed, counts) for number in range(plan.clients)
    ]
    clients += [PromiseClient(f"p{number}", site, plan.seed) for number in range(2)]
    clients += [LockClient(f"l{number}", site, plan.seed) for number in range(3)]
    return clients


async def _peace(field: Field, site: Site) -> list[str]:
    """After the last fault every member takes a write again."""
    field.look_for_deaths()
    deadline = time.monotonic() + PEACE_SECONDS
    for member in field.members:
        target = f"/v2/keys/peace/{member.name}?value=yes"
        while True:
            try:
                answer = await ask(member.port, "PUT", target)
                if answer.status in (200, 201):
                    break
            except (NotSent, Unanswered):
                await asyncio.sleep(0.05)
            if time.monotonic() > deadline:
                return [f"{member.name} takes no write in {PEACE_SECONDS:g} s of peace"]
    return []


async def _watchers_arrive(field: Field, watchers: Sequence[Watcher]) -> list[str]:
    """After the last write every watcher gets to the last event."""
    deadline = time.monotonic() + PEACE_SECONDS
    port = field.members[0].port
    late: list[str] = []
    while True:
        index = int((await state_of(field.members[0]))["etcd_index"])
        last = {name: await kept_events(port, name, index) for name in DIRECTORIES}
        late = [
            f"{each.seen.watcher} stands at {each.seen.reached}"
            for each in watchers
            if (events := last[each.seen.watcher.rpartition(" ")[2]])
            and each.seen.reached < events[-1].index
        ]
        if not late or time.monotonic() > deadline:
            return late
        await asyncio.sleep(0.2)


async def _verdicts(
    field: Field, history: History, trouble: Sequence[str], *, clocks: bool
) -> list[Verdict]:
    field.look_for_deaths()
    loop = asyncio.get_running_loop()
    records = history.records
    verdicts = [
        await loop.run_in_executor(None, checks.registers_linearizable, records),
        checks.nothing_else("the cluster comes back", trouble, "every member took a write"),
        checks.nothing_else("no member ends by itself", field.deaths, "none"),
        checks.nothing_else("no odd answers", history.odd_answers, "none"),
        _no_tracebacks(field),
    ]
    if trouble:
        return verdicts
    states = await _at_rest(field)
    index = max(int(state["etcd_index"]) for state in states.values())
    port = field.members[0].port
    kept = {name: await kept_events(port, name, index) for name in DIRECTORIES}
    final = [event for events in kept.values() for event in events]
    locked = {e.index: e for each in history.watched for e in each.events if e.key == LOCK}
    locked |= {event.index: event for event in final if event.key == LOCK}
    return [
        *verdicts,
        checks.promises_kept(history.promises, await _leaves(port)),
        checks.watches_complete(history.watched, final, _acknowledged(history)),
        checks.lock_exclusive(history.holds, list(locked.values()), clocks_agree=clocks),
        checks.replicas_agree(states),
    ]


def _acknowledged(history: History) -> dict[int, str]:
    """Keys of acknowledged writes by index."""
    written = {
        record.operation.output.index: f"/{record.operation.key}"
        for record in history.records
        if record.operation.output is not None and record.operation.output.index
    }
    written |= {each.index: each.key for each in history.promises if each.index}
    return written | {hold.fence: LOCK for hold in history.holds}


async def _at_rest(field: Field) -> dict[str, Mapping[str, Any]]:
    """All members' states once they have applied the same entries, or after a while."""
    deadline = time.monotonic() + PEACE_SECONDS
    while True:
        states: dict[str, Mapping[str, Any]] = {}
        try:
            states = {member.name: await state_of(member) for member in field.members}
        except (NotSent, Unanswered):
            await asyncio.sleep(0.2)
        even = len({state["raft_index"] for state in states.values()}) == 1
        if (even and len(states) == len(field.members)) or time.monotonic() > deadline:
            return states
        await asyncio.sleep(0.05)


async def _leaves(port: int) -> dict[str, tuple[str, int]]:
    """All keys that were promised, with value and createdIndex."""
    found: dict[str, tuple[str, int]] = {}
    for directory in ("kept", "queues"):
        answer = await ask(port, "GET", f"/v2/keys/{directory}?recursive=true&quorum=true", 30)
        waiting = [parsed(answer)["node"]] if answer.status == 200 else []
        while waiting:
            node = waiting.pop()
            if node.get("dir"):
                waiting.extend(node.get("nodes", ()))
            else:
                found[node["key"]] = (node["value"], node["createdIndex"])
    return found


def _no_tracebacks(field: Field) -> Verdict:
    found = [
        f"{member.name}: {member.log()[place:][:2000]}"
        for member in field.members
        if (place := member.log().find("Traceback")) >= 0
    ]
    return checks.nothing_else("no tracebacks in logs", found, "none")


def _outcomes(history: History) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for record in history.records:
        answer = record.operation.output
        counts["registers: " + _outcome(answer)] += 1
    counts["promises: acknowledged"] = sum(1 for each in history.promises if each.index)
    counts["promises: unknown"] = len(history.promises) - counts["promises: acknowledged"]
    counts["locks: holds"] = len(history.holds)
    counts["watches: events"] = sum(len(each.events) for each in history.watched)
    counts["watches: reconnects"] = sum(each.reconnects for each in history.watched)
    return dict(counts)


def _outcome(answer: Any) -> str:
    if answer is None:
        return "unknown"
    return "refused" if answer.code else "done"


def _network(field: Field) -> dict[str, int]:
    links = field.links
    return {"frames": links.frames, "lost": links.lost}
