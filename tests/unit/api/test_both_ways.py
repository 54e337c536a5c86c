"""aiohttp alone answers as recorded from etcd, and byte for byte as the fast lane does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.conformance.golden import Scenario, load, replay
from tests.conformance.runner import Runner, story
from tests.conformance.side import Received, Side
from tests.conformance.steps import Ask, Expecting, OpenWatch
from tests.unit.api.inprocess import InProcess
from vard_http.api.urls import escape_non_ascii

SCENARIOS = [
    name
    for name, scenario in load().items()
    if not any(step.delay_ms for step in scenario.steps) and "members-add" not in name
]
"""All that need no waiting; times are the store's affair."""

# aiohttp's parser knows a fixed set of methods, and draws the borders of HTTP elsewhere than Go's.
METHODS = frozenset(("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE"))
LEFT_OUT = frozenset(("odd-method", "broken", "unusual", "pipeline", "expire"))

SEEDS = range(6)
STEPS = 120


@pytest.mark.parametrize("name", SCENARIOS)
def test_aiohttp_alone_answers_as_recorded(name: str) -> None:
    recorded = load()[name]
    steps = tuple(step for step in recorded.steps if step.request.method in METHODS)
    scenario = Scenario(name, steps)
    with InProcess("aiohttp", scenario.flags) as server:
        differing = replay(scenario, server)
    assert not differing, "\n".join(str(each) for each in differing)


class Escaping(Side):
    """A side whose requests have no raw bytes from 0x80 on in their target, as aiohttp wants."""

    def ask(self, ask: Ask) -> Received:
        return super().ask(replace(ask, data=_escaped(ask.data)))

    def open_watch(self, step: OpenWatch) -> Received:
        return super().open_watch(replace(step, data=_escaped(step.data)))

    def expecting(self, step: Expecting) -> tuple[Received, ...]:
        return super().expecting(replace(step, head=_escaped(step.head)))


def _escaped(data: bytes) -> bytes:
    line, end, rest = data.partition(b"\r\n")
    return escape_non_ascii(line) + end + rest


@pytest.fixture
def pair() -> Iterator[tuple[Side, Side]]:
    with InProcess("lane") as left, InProcess("aiohttp") as right:
        yield Escaping("lane", left), Escaping("aiohttp", right)


@pytest.mark.parametrize("seed", SEEDS)
def test_both_ways_answer_random_requests_alike(pair: tuple[Side, Side], seed: int) -> None:
    difference = Runner(*pair, skip=LEFT_OUT).run(seed, STEPS)
    assert difference is None, story(difference, ("lane", "aiohttp"))
