"""A failing run made short: which of its actions are needed for what it shows?

Zeller and Hildebrandt's delta debugging (2002): drop ever smaller parts of the schedule, and keep
what still fails by the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.simulation.failure import SimulationFailed
from tests.simulation.run import play
from tests.simulation.schedule import Action, Schedule

ATTEMPTS = 400


def shrink(
    profile: str, seed: int, steps: int, attempts: int = ATTEMPTS
) -> tuple[list[Action], SimulationFailed] | None:
    """The actions that are left and the whole story of that run; None if the run does not fail.

    Takes at most so many attempts, each of them a run.
    """

    def run(only: Sequence[Action] | None) -> tuple[Schedule, SimulationFailed] | None:
        schedule = Schedule(None if only is None else frozenset(only))
        try:
            play(profile, seed, steps, schedule, whole=True)
        except SimulationFailed as failure:
            return schedule, failure
        return None

    found = run(None)
    if found is None:
        return None
    schedule, failure = found
    best = [failure]

    def fails(actions: Sequence[Action]) -> Sequence[Action] | None:
        """What of `actions` took place until the same failure; None if it did not come."""
        again = run(actions)
        if again is None or again[1].name != failure.name:
            return None
        best[0] = again[1]
        return again[0].taken

    actions = reduced(schedule.taken, fails, attempts)
    return list(actions), best[0]


def reduced(
    actions: Sequence[Action],
    fails: Callable[[Sequence[Action]], Sequence[Action] | None],
    attempts: int,
) -> Sequence[Action]:
    """A part of `actions` that still `fails`, of which no single one can be left out unless
    `attempts` were too few."""
    size = max(1, len(actions) // 2)
    while actions and attempts > 0:
        start, smaller = 0, False
        while start < len(actions) and attempts > 0:
            attempts -= 1
            rest = [*actions[:start], *actions[start + size :]]
            left = fails(rest)
            if left is None:
                start += size
            else:
                actions, smaller = left, True
        if size == 1 and not smaller:
            break
        size = max(1, min(size // 2, len(actions) // 2))
    return actions
