"""One seed of nodes, played from start to end: trouble, peace, and what must then be."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from tests.simulation.checker import require
from tests.simulation.failure import failed
from tests.simulation.nodes.nemesis import MILLISECOND
from tests.simulation.nodes.profiles import PROFILES
from tests.simulation.nodes.world import World
from tests.simulation.played import Played
from tests.simulation.schedule import Schedule

SETTLE_TIMEOUTS = 40
TRACE_LENGTH = 80


def play_nodes(
    profile: str,
    seed: int,
    milliseconds: int,
    schedule: Schedule,
    *,
    whole: bool = False,
    make: type[World] = World,
) -> Played:
    """`milliseconds` of trouble, then peace. Raises SimulationFailed, with the `whole` story or
    the end of it."""
    world = make(seed, PROFILES[profile], schedule, None if whole else TRACE_LENGTH)
    random.seed(seed)
    with _silence():
        try:
            world.start()
            world.trouble(milliseconds)
            world.peace()
            settle(world)
            world.finish()
        except Exception as error:
            raise failed(world.story(), error, profile, seed, milliseconds) from error
        finally:
            world.close()
    schedule.counts["key expired"] = world.reference.expired
    return Played(
        world.scheduler.steps,
        world.scheduler.now // MILLISECOND,
        world.checker.elections,
        world.checker.last_committed,
        world.clients.answered,
        world.clients.reads,
        schedule.counts,
        world.story() if whole else "",
    )


def settle(world: World) -> None:
    """One leader, one state, every request ended and every watcher served, in bounded time."""
    timeout = world.settings.core.election_timeout * MILLISECOND
    bound = world.scheduler.now + SETTLE_TIMEOUTS * timeout
    while not (world.settled() and not world.clients.open and _watched(world)):
        require(world.scheduler.now < bound, "liveness", _what_is_missing(world))
        world.run_until(world.scheduler.now + timeout // 4)


def _watched(world: World) -> bool:
    return all(watcher.seen == len(world.reference.events) for watcher in world.watchers)


def _what_is_missing(world: World) -> str:
    seen = [watcher.seen for watcher in world.watchers]
    return (
        f"after {SETTLE_TIMEOUTS} election timeouts: settled {world.settled()}, requests"
        f" {[request.what for request in world.clients.open]}, watchers have seen {seen} of"
        f" {len(world.reference.events)} events"
    )


@contextmanager
def _silence() -> Iterator[None]:
    """Nodes log; nobody reads that here."""
    kept = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**kept)
