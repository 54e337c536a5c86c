"""A network that loses, repeats, delays, reorders and partitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.simulation.schedule import Schedule, bits
from tests.simulation.scheduler import Scheduler

Message = TypeVar("Message")


@dataclass(frozen=True)
class Conditions:
    """Probabilities from 0 to 1 for each message; delays in milliseconds."""

    loss: float = 0.0
    duplication: float = 0.0
    straggling: float = 0.0
    delay: int = 4
    straggler_delay: int = 500


RELIABLE = Conditions()


class Network(Generic[Message]):
    """Carries each message on its own: any two may overtake one another.

    `unit` is a millisecond in the scheduler's time. What becomes of the n-th message from one
    server to another follows from the seed, both names and n.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        schedule: Schedule,
        seed: int,
        conditions: Conditions,
        deliver: Callable[[int, int, Message], None],
        unit: int = 1,
    ) -> None:
        self.conditions = conditions
        self._scheduler = scheduler
        self._schedule = schedule
        self._seed = seed
        self._deliver = deliver
        self._unit = unit
        self._sent: Counter[tuple[int, int]] = Counter()
        self._latest: dict[tuple[int, int], int] = {}
        self._blocked: dict[tuple[int, int], int] = {}
        self.last_arrival = 0
        """When the last message that is on its way arrives."""
        self.repetition: Callable[[Message], Message] = _same
        """What of a message comes a second time."""
        self.told: Callable[[int, int, Message, str], None] = _ignore
        """Told of each message that the network does not just deliver, and what became of it."""

    def send(self, source: int, target: int, message: Message, later: int = 0) -> None:
        """Carry `message`, which leaves `later` from now in the scheduler's time."""
        link = (source, target)
        if link in self._blocked:
            self._schedule.count("blocked")
            return
        conditions = self.conditions
        self._sent[link] = number = self._sent[link] + 1
        roll = bits(self._seed, source, target, number)
        if self._happens("lost", roll & 0xFFFF, conditions.loss, link, number, message):
            return
        late = roll >> 16 & 0xFFFF
        if not self._happens("late", late, conditions.straggling, link, number, message):
            late = 0
        self._carry(link, message, roll >> 48, late, later)
        again = roll >> 32 & 0xFFFF
        if self._happens("repeated", again, conditions.duplication, link, number, message):
            self._carry(link, self.repetition(message), bits(roll) >> 48, late, later)

    def _happens(
        self, fate: str, roll: int, chance: float, link: tuple[int, int], n: int, message: Message
    ) -> bool:
        if roll >= chance * 0x10000 or not self._schedule.permits((fate, *link, n)):
            return False
        self._schedule.count(fate)
        self.told(*link, message, fate)
        return True

    def _carry(
        self, link: tuple[int, int], message: Message, roll: int, late: int, later: int
    ) -> None:
        """Deliver after a delay that follows from two numbers of 16 bits."""
        conditions, unit = self.conditions, self._unit
        delay = unit + roll * conditions.delay * unit // 0x10000
        if late:
            # Those that are late at all have a small roll: spread them over the whole delay.
            spread = bits(roll, late) >> 48
            delay += spread * conditions.straggler_delay * unit // 0x10000
        arrival = self._scheduler.now + later + delay
        self.last_arrival = max(self.last_arrival, arrival)
        if arrival < self._latest.get(link, 0):
            self._schedule.count("overtaken")
        else:
            self._latest[link] = arrival
        self._scheduler.after(later + delay, self._deliver, *link, message)

    def block(self, sources: Collection[int], targets: Collection[int]) -> None:
        """Lose all that is sent from now on from `sources` to `targets`; the way back stays."""
        for source in sources:
            for target in targets:
                self._blocked.setdefault((source, target), self._scheduler.now)

    def blocked_since(self, source: int, target: int) -> int | None:
        """Since when nothing passes, in the scheduler's time; None if the way is open."""
        return self._blocked.get((source, target))

    def heal(self) -> None:
        self._blocked.clear()


def _same(message: Message) -> Message:
    return message


def _ignore(*_: object) -> None:
    """Until somebody listens."""
