"""What a fuzz target is, and running one."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import seed as with_seed
from hypothesis.strategies import SearchStrategy

HANG_SECONDS = 20.0
"""No input takes a thousandth of this; the rest is for a busy machine."""


class Hang(Exception):
    """One input has kept its reader busy for HANG_SECONDS."""


class Target(NamedTuple):
    """`check` raises for an input of `inputs` that is not taken as it should be.

    `examples` is how many of them CI tries.
    """

    name: str
    inputs: SearchStrategy[Any]
    check: Callable[[Any], None]
    examples: int


def execute(target: Target, examples: int, *, seed: int | None = None) -> int:
    """Try so many inputs, the same ones each time unless there is a seed; returns how many ran.

    Raises what `check` raised for the smallest input found that it raises anything for.
    """
    executed = 0

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=seed is None,
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def run(data: Any) -> None:
        nonlocal executed
        executed += 1
        with _patience():
            target.check(data)

    (run if seed is None else with_seed(seed)(run))()
    return executed


@contextmanager
def _patience() -> Iterator[None]:
    def give_up(_: int, frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
