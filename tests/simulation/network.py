"""A network that loses, repeats, delays, reorders and partitions."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from random import Random

from tests.simulation.scheduler import Scheduler
from vard_http.raft import AnyMessage


@dataclass(frozen=True)
class Conditions:
    """Probabilities from 0 to 1 for each message; delays in milliseconds."""

    loss: float = 0.0
    duplication: float = 0.0
    straggling: float = 0.0
    delay: int = 4
    straggler_delay: int = 1500


RELIABLE = Conditions()


class Network:
    """Carries each message on its own: any two may overtake one another."""

    def __init__(
        self,
        scheduler: Scheduler,
        chance: Random,
        conditions: Conditions,
        deliver: Callable[[int, int, AnyMessage], None],
    ) -> None:
        self.conditions = conditions
        self._scheduler = scheduler
        self._chance = chance
        self._deliver = deliver
        self._blocked: set[tuple[int, int]] = set()

    def send(self, source: int, target: int, message: AnyMessage) -> None:
        conditions, chance = self.conditions, self._chance
        if (source, target) in self._blocked:
            return
        if conditions.loss and chance.random() < conditions.loss:
            return
        self._carry(source, target, message)
        if conditions.duplication and chance.random() < conditions.duplication:
            self._carry(source, target, message)

    def _carry(self, source: int, target: int, message: AnyMessage) -> None:
        conditions, chance = self.conditions, self._chance
        delay = 1 + int(chance.random() * conditions.delay)
        if conditions.straggling and chance.random() < conditions.straggling:
            delay += int(chance.random() * conditions.straggler_delay)
        self._scheduler.after(delay, self._deliver, source, target, message)

    def block(self, sources: Collection[int], targets: Collection[int]) -> None:
        """Lose all that is sent from now on from `sources` to `targets`; the way back stays."""
        self._blocked.update((a, b) for a in sources for b in targets)

    def heal(self) -> None:
        self._blocked.clear()
