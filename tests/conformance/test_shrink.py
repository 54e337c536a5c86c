"""Shrinking, with a made-up cause instead of servers."""

from __future__ import annotations

from collections.abc import Sequence

from tests.conformance.runner import Difference
from tests.conformance.shrink import shrink
from tests.conformance.steps import Ask, Step

STEPS = tuple(Ask("set", b"step %d" % number, "PUT") for number in range(40))


def _replay(steps: Sequence[Step]) -> Difference | None:
    """Differs at step 30 if step 7 came before it."""
    if STEPS[7] not in steps or STEPS[30] not in steps:
        return None
    done = tuple(steps[: steps.index(STEPS[30]) + 1])
    return Difference(1, len(done), STEPS[30], "bodies differ", b"", b"", done)


def test_keeps_only_the_steps_the_difference_needs() -> None:
    found = _replay(STEPS)
    assert found is not None
    assert shrink(found, _replay).done == (STEPS[7], STEPS[30])
