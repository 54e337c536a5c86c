"""Finding the few steps of a seed that a difference needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.conformance.runner import Difference
from tests.conformance.steps import Step

Replay = Callable[[Sequence[Step]], Difference | None]


def shrink(found: Difference, replay: Replay) -> Difference:
    """Drops ever smaller runs of steps as long as the same kind of difference remains.

    `replay` does the steps to a fresh pair of servers. Steps that name an index of the original
    run may lose their meaning, so the result is small, not always the smallest.
    """
    size = max(len(found.done) // 2, 1)
    while True:
        end = len(found.done)
        while end > 0:
            start = max(end - size, 0)
            fewer = replay([*found.done[:start], *found.done[end:]])
            if fewer is not None and _alike(fewer, found):
                found = fewer
            end = min(start, len(found.done))
        if size == 1:
            return found
        size = max(size // 2, 1)


def _alike(one: Difference, other: Difference) -> bool:
    return one.what == other.what and one.step.category == other.step.category
