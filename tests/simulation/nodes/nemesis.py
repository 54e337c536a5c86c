"""Trouble for nodes: disks, machines, clocks, network, and the operator's own changes."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from tests.simulation.network import Conditions
from tests.simulation.nodes.host import CRASH_POINTS, Host
from tests.simulation.nodes.loop import SECOND
from vard_http.node import MembershipError

if TYPE_CHECKING:
    from tests.simulation.nodes.world import World

MILLISECOND: Final = 1_000
MAX_HOSTS: Final = 7
FAST: Final = (150, 250, 400)
SLOW: Final = (2_000, 8_000, 30_000)
STUCK: Final = (300, 900_000)

WHY: Final = {
    "kill": "what it had in memory is gone, what it promised must hold",
    "kill_leader": "the others must elect one who has all that was acknowledged",
    "kill_all": "only what is on the disks is left",
    "stop": "a leader hands over first",
    "crash_within": "a turn is left half done",
    "power_cut_within": "a turn is left half done, and what was not synced may be lost",
    "power_cut_all": "only what was synced is sure to be left",
    "write_error": "what is on the disk is unknown: it must not say another word",
    "slow_disk": "writes move to a thread, and others overtake them",
    "stuck_disk": "a leader that cannot write must lose its leadership",
    "stall": "timers of others run out meanwhile",
    "stall_leader": "it wakes up and believes to lead still",
    "split": "only one side may go on",
    "isolate": "it must not depose the leader when it is back",
    "isolate_leader": "it must not answer reads any more",
    "one_way": "it hears of others but is not heard, or the other way",
    "heal": "who fell behind catches up",
    "weather": "messages overtake one another",
    "wall_clock_jump": "dates must not matter but to what expires",
    "monotonic_jump": "as after a suspend: leases are over at once",
    "change": "quorums change while all this goes on",
}


class Nemesis:
    """Does one of the profile's faults at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = Random()
        faults = world.profile.faults
        self._names = list(faults)
        self._weights = list(faults.values())

    def act(self, number: int, chance: Random) -> None:
        self._chance = chance
        name = chance.choices(self._names, self._weights)[0]
        self._world.schedule.count(name)
        self._world.tell("nemesis", name.replace("_", " "), WHY[name])
        getattr(self, name)()

    def _someone(self) -> Host | None:
        return self._world.someone(self._chance)

    def _leaders(self) -> list[Host]:
        up = self._world.up()
        return [host for host in up if host.node is not None and host.node.is_leader]

    # Machines

    def kill(self) -> None:
        if (host := self._someone()) is not None:
            host.crash("at any time")

    def kill_leader(self) -> None:
        for host in self._leaders():
            host.crash("as the leader")

    def kill_all(self) -> None:
        for host in self._world.up():
            host.crash("with all others")

    def stop(self) -> None:
        if (host := self._someone()) is not None and host.process is not None:
            host.process.loop.at_once(host.process.stop)

    def crash_within(self) -> None:
        if (host := self._someone()) is not None and host.process is not None:
            host.process.crash_point = self._chance.choice(CRASH_POINTS)

    def power_cut_within(self) -> None:
        if (host := self._someone()) is not None and host.process is not None:
            host.process.crash_point = self._chance.choice(CRASH_POINTS)
            host.process.power_cut = True

    def power_cut_all(self) -> None:
        for host in self._world.up():
            host.crash("with all others", power=True)

    def stall(self) -> None:
        if (host := self._someone()) is not None and host.process is not None:
            host.process.stall(self._chance.randrange(1, 1200) * MILLISECOND)

    def stall_leader(self) -> None:
        for host in self._leaders():
            if host.process is not None:
                host.process.stall(self._chance.randrange(300, 1200) * MILLISECOND)

    # Disks

    def write_error(self) -> None:
        if (host := self._someone()) is not None:
            host.disk_fails = True

    def slow_disk(self) -> None:
        self._let_disk_take(SLOW)

    def stuck_disk(self) -> None:
        self._let_disk_take(STUCK)

    def _let_disk_take(self, times: tuple[int, ...]) -> None:
        """For a while writes take one of these times."""
        if (host := self._someone()) is not None:
            host.write_times = times
            until = self._chance.randrange(200, 2000) * MILLISECOND
            self._world.scheduler.after(until, setattr, host, "write_times", FAST)

    # Clocks

    def wall_clock_jump(self) -> None:
        """Forward or backward, by up to ten seconds."""
        if (host := self._someone()) is not None:
            jump = self._chance.randrange(-10 * SECOND, 10 * SECOND) * 1000
            host.clock.date += jump
            self._world.schedule.count("clock set back" if jump < 0 else "clock set forward")

    def monotonic_jump(self) -> None:
        """Both clocks go forward, as when a suspended machine goes on."""
        if (host := self._someone()) is not None:
            host.clock.offset += self._chance.randrange(2 * SECOND)

    # The network

    def split(self) -> None:
        self._mostly_heal()
        members = list(self._world.hosts)
        self._chance.shuffle(members)
        cut = self._chance.randrange(len(members) + 1)
        self._world.network.block(members[:cut], members[cut:])
        self._world.network.block(members[cut:], members[:cut])

    def isolate(self) -> None:
        if (host := self._someone()) is not None:
            self._isolate(host)

    def isolate_leader(self) -> None:
        self._mostly_heal()
        for host in self._leaders():
            self._isolate(host)

    def _isolate(self, host: Host) -> None:
        others = [member for member in self._world.hosts if member != host.member]
        self._world.network.block([host.member], others)
        self._world.network.block(others, [host.member])

    def one_way(self) -> None:
        members = list(self._world.hosts)
        one, other = self._chance.choice(members), self._chance.choice(members)
        self._world.network.block([one], members if self._chance.random() < 0.5 else [other])

    def heal(self) -> None:
        self._world.network.heal()

    def _mostly_heal(self) -> None:
        """Now and then partitions add up."""
        if self._chance.random() < 0.7:
            self.heal()

    def weather(self) -> None:
        base, roll = self._world.profile.conditions, self._chance.random()
        self._world.network.conditions = Conditions(
            base.loss * 2 * roll,
            base.duplication * 2 * roll,
            base.straggling,
            1 + int(40 * roll),
            base.straggler_delay,
        )

    # The operator

    def change(self) -> None:
        """Have a member added, removed or updated, as an operator would at any host."""
        host = self._someone()
        if host is None or host.process is None:
            return
        loop = host.process.loop
        loop.at_once(lambda: loop.create_task(self._change(host, self._chance)))

    async def _change(self, host: Host, chance: Random) -> None:
        node, world = host.node, self._world
        if node is None:
            return
        roll, victim = chance.random(), chance.choice(list(world.hosts))
        try:
            if roll < 0.5 and len(world.hosts) < MAX_HOSTS:
                await node.reconfiguration.add(world.new_urls())
                world.schedule.count("member added")
            elif roll < 0.85:
                await node.reconfiguration.remove(victim)
                world.schedule.count("member removed")
            else:
                urls = world.hosts[victim].urls
                await node.reconfiguration.update(victim, (*urls, "http://again:2380"))
                world.schedule.count("member updated")
        except MembershipError:
            world.schedule.count("change refused")
