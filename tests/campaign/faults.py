"""The faults: each comes upon the field, and is put right again."""

from __future__ import annotations

import asyncio
import errno
import resource
import signal
import time
from collections.abc import Mapping
from typing import Final

from tests.campaign.damage import damage
from tests.campaign.field import Field, Trouble, member_request
from tests.campaign.http import parsed
from tests.campaign.links import Link, Rule
from tests.campaign.members import Member
from tests.campaign.shim import Policy

REPLACE_SECONDS: Final = 60.0


class Fault:
    """One fault, used once. `needs_shim` faults are left out without a C compiler."""

    needs_shim = False
    alone = False
    """Whether links have to be whole while it lasts."""

    async def inject(self, field: Field) -> str:
        """Returns what was done, for the timeline; empty if it could not be done now."""
        raise NotImplementedError

    async def heal(self, field: Field) -> str:
        """Returns what was done."""
        raise NotImplementedError


class OnOne(Fault):
    """A fault of one member; every other time of the leader, if there is one."""

    target: Member

    async def inject(self, field: Field) -> str:
        candidates = field.up()
        if not candidates:
            return ""
        leader = await field.leader() if field.chance.random() < 0.5 else None
        self.target = leader or field.chance.choice(candidates)
        return await self.strike(field)

    async def strike(self, field: Field) -> str:
        raise NotImplementedError


class Kill(OnOne):
    async def strike(self, field: Field) -> str:
        field.kill(self.target)
        return f"kill {self.target.name}"

    async def heal(self, field: Field) -> str:
        field.restart(self.target)
        return f"start {self.target.name}"


class KillAll(Fault):
    async def inject(self, field: Field) -> str:
        field.down |= {member.name for member in field.members}
        for member in field.up():
            member.signal(signal.SIGKILL)
        for member in field.members:
            member.wait_end()
        return "kill all"

    async def heal(self, field: Field) -> str:
        for member in field.members:
            field.restart(member)
        return "start all"


class Pause(OnOne):
    async def strike(self, field: Field) -> str:
        self.target.pause()
        return f"pause {self.target.name}"

    async def heal(self, field: Field) -> str:
        if self.target.alive:
            self.target.resume()
        return f"resume {self.target.name}"


class ShimFault(OnOne):
    """Settings of the shim below one member, which may end because of them."""

    needs_shim = True
    deadly = False

    def settings(self, field: Field) -> tuple[str, Mapping[str, int]]:
        """What it is, and the shim's settings that make it."""
        raise NotImplementedError

    async def strike(self, field: Field) -> str:
        if self.deadly:
            field.down.add(self.target.name)
        what, settings = self.settings(field)
        assert self.target.shim is not None
        self.target.shim.set(**settings)
        self._changed = dict.fromkeys(settings, 0)
        return f"{what} at {self.target.name}"

    async def heal(self, field: Field) -> str:
        assert self.target.shim is not None
        self.target.shim.set(**self._changed)
        if not self.deadly:
            return f"as before at {self.target.name}"
        return field.restart(self.target)


class Clock(ShimFault):
    def settings(self, field: Field) -> tuple[str, Mapping[str, int]]:
        jump = field.chance.choice([-3600.0, -30.0, -1.0, -0.3, 0.3, 1.0, 30.0, 3600.0])
        return f"clock {jump:+g} s", {"clock_offset_ns": int(jump * 1e9)}


class SlowSync(ShimFault):
    def settings(self, field: Field) -> tuple[str, Mapping[str, int]]:
        milliseconds = field.chance.choice([5, 50, 300, 1500])
        return f"fsync takes {milliseconds} ms", {"sync_delay_us": milliseconds * 1000}


class SyncError(ShimFault):
    deadly = True

    def settings(self, field: Field) -> tuple[str, Mapping[str, int]]:
        return "fsync fails and loses pages", {"sync_error": errno.EIO}


class DiskFull(ShimFault):
    deadly = True

    def settings(self, field: Field) -> tuple[str, Mapping[str, int]]:
        return "disk full", {"write_error": errno.ENOSPC}


class FileSizeLimit(OnOne):
    """The disk-full of a machine without a C compiler: no file may grow or be written further."""

    async def strike(self, field: Field) -> str:
        field.down.add(self.target.name)
        _, hard = resource.prlimit(self.target.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.target.pid, resource.RLIMIT_FSIZE, (PAGE_ROOM, hard))
        return f"no room in files at {self.target.name}"

    async def heal(self, field: Field) -> str:
        return field.restart(self.target)


PAGE_ROOM: Final = 4096


class PowerCut(ShimFault):
    deadly = True

    def settings(self, field: Field) -> tuple[str, Mapping[str, int]]:
        after, policy = field.chance.randint(1, 60), field.chance.choice(list(Policy))
        seed = field.chance.getrandbits(31)
        what = f"power cut ({policy.name.lower()}) after {after} operations on files"
        return what, {"cut_policy": policy, "cut_seed": seed, "cut_after": after}


class Corrupt(OnOne):
    """Damage a stopped member's file. It must refuse to start, or be what it was; one that
    refuses is removed, and an empty one is added in its place."""

    alone = True

    async def strike(self, field: Field) -> str:
        field.kill(self.target)
        if not self.target.database.exists():
            return f"kill {self.target.name}"
        what = damage(self.target.database, field.chance)
        return f"kill {self.target.name}, {what}"

    async def heal(self, field: Field) -> str:
        target = self.target
        target.spawn()
        await field.serves_or_ends(target)
        if target.alive:
            field.down.discard(target.name)
            return f"start {target.name}, which serves"
        if "damaged" not in target.last_words():
            field.deaths.append(f"{target.name} does not say what is wrong: {target.last_words()}")
        await replace(field, target)
        return f"start {target.name}, which refuses, and replace it"


async def replace(field: Field, member: Member) -> None:
    """Remove a member whose data is lost and add an empty one in its place. Raises Trouble."""
    deadline = time.monotonic() + REPLACE_SECONDS
    url, removed = member.endpoint.peer_url, None
    while True:
        try:
            through = field.chance.choice([each for each in field.up() if each is not member])
            listed = parsed(await member_request(through.port, "GET", ""))["members"]
            current = next((each["id"] for each in listed if url in each["peerURLs"]), None)
            if current is not None and removed is None:
                answer = await member_request(through.port, "DELETE", f"/{current}")
                removed = current if answer.status in (204, 410) else None
            else:
                added = current not in (None, removed)
                if added or (await member_request(through.port, "POST", "", url)).status == 201:
                    break
        except (OSError, EOFError, TimeoutError, ValueError, IndexError):
            pass
        if time.monotonic() > deadline:
            raise Trouble(f"{member.name} cannot be replaced")
        await asyncio.sleep(0.1)
    initial = ",".join(f"{each.name}={each.endpoint.peer_url}" for each in field.members)
    member.begin_anew(initial)
    member.spawn()
    await field.wait_serving([member])
    field.down.discard(member.name)


class LinkFault(Fault):
    """A fault of links. All are whole again after it."""

    async def heal(self, field: Field) -> str:
        field.links.heal()
        return "links whole"


class Partition(LinkFault):
    """Two sides that do not hear each other."""

    async def inject(self, field: Field) -> str:
        names = [member.name for member in field.members]
        field.chance.shuffle(names)
        cut = field.chance.randint(1, len(names) - 1)
        side, silent = set(names[:cut]), field.chance.random() < 0.5
        field.links.cut(_between(field, side), silent=silent)
        others = "+".join(sorted(set(names) - side))
        return f"partition {'+'.join(sorted(side))} from {others}{_how(silent)}"


class OneWay(LinkFault):
    """Some hear others who do not hear them."""

    async def inject(self, field: Field) -> str:
        links = field.all_links()
        chosen = field.chance.sample(links, field.chance.randint(1, len(links) // 2))
        silent = field.chance.random() < 0.5
        field.links.cut(chosen, silent=silent)
        return f"cut {', '.join(f'{a}>{b}' for a, b in sorted(chosen))}{_how(silent)}"


class IsolateLeader(LinkFault):
    async def inject(self, field: Field) -> str:
        leader = await field.leader()
        if leader is None:
            return ""
        silent = field.chance.random() < 0.5
        links = _between(field, {leader.name})
        way = field.chance.choice(["both ways", "from others", "to others"])
        if way != "both ways":
            links = [link for link in links if link[way == "from others"] == leader.name]
        field.links.cut(links, silent=silent)
        return f"isolate the leader {leader.name} {way}{_how(silent)}"


class Delay(LinkFault):
    async def inject(self, field: Field) -> str:
        delay = field.chance.choice([0.005, 0.05, 0.2])
        field.links.degrade(field.all_links(), Rule(delay=delay, jitter=delay))
        return f"delay of {delay * 1000:g} to {delay * 2000:g} ms"


class Loss(LinkFault):
    async def inject(self, field: Field) -> str:
        loss = field.chance.choice([0.02, 0.1, 0.3])
        field.links.degrade(field.all_links(), Rule(loss=loss))
        return f"loss of {loss:.0%}"


def _between(field: Field, side: set[str]) -> list[Link]:
    return [(a, b) for a, b in field.all_links() if (a in side) != (b in side)]


def _how(silent: bool) -> str:
    return ", silently" if silent else ""


NODE_FAULTS: Final[Mapping[str, type[Fault]]] = {
    "kill": Kill,
    "kill-all": KillAll,
    "pause": Pause,
    "clock": Clock,
    "disk-full": DiskFull,
    "slow-sync": SlowSync,
    "sync-error": SyncError,
    "power": PowerCut,
    "corrupt": Corrupt,
}

LINK_FAULTS: Final[Mapping[str, type[Fault]]] = {
    "partition": Partition,
    "one-way": OneWay,
    "isolate-leader": IsolateLeader,
    "delay": Delay,
    "loss": Loss,
}

FAULTS: Final = {**NODE_FAULTS, **LINK_FAULTS}
