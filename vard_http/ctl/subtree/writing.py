"""Carrying out a plan: many writes at once, each only if nobody changed its node meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import Final

import msgspec

from vard_http.client import Client, ClientError, ClusterUnavailable, KeyNotFound, RaftInternal
from vard_http.ctl.subtree.plan import Step
from vard_http.ctl.subtree.tree import text_of

WORKERS: Final = 16

_HOPELESS: Final = (ClusterUnavailable, RaftInternal)
"""After one of these the next write would fail in the same way, and take its time for it."""


class Failure(msgspec.Struct, frozen=True):
    """A step that was not made, or of which nobody knows, and why."""

    step: Step
    error: ClientError


class Outcome(msgspec.Struct, frozen=True):
    """`done` steps were made; the `failures`, and `untried` ones after one that ends it all."""

    done: int
    failures: Sequence[Failure]
    untried: int


def carry_out(
    client: Client, phases: Sequence[Sequence[Step]], progress: Callable[[int], None]
) -> Outcome:
    """Make the steps, phase by phase; `progress` is told after each how many were tried.

    A step that fails does not keep the others from being made, unless the cluster itself is gone
    or refuses all.
    """
    failures: list[Failure] = []
    total = sum(map(len, phases))
    tried = 0
    with ThreadPoolExecutor(WORKERS) as pool:
        for phase in phases:
            for step, error in _made(pool, client, phase):
                tried += 1
                if error is not None:
                    failures.append(Failure(step, error))
                progress(tried)
            if any(isinstance(failure.error, _HOPELESS) for failure in failures):
                break
    return Outcome(tried - len(failures), failures, total - tried)


def _made(
    pool: ThreadPoolExecutor, client: Client, steps: Iterable[Step]
) -> Iterator[tuple[Step, ClientError | None]]:
    """Each step with what went wrong; ends early after what is hopeless."""
    waiting = iter(steps)
    running: dict[Future[None], Step] = {}
    hopeless = False

    def start(count: int) -> None:
        for step in islice(waiting, 0 if hopeless else count):
            running[pool.submit(_make, client, step)] = step

    start(2 * WORKERS)
    while running:
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            step = running.pop(future)
            error = future.exception()
            if error is not None and not isinstance(error, ClientError):
                raise error
            hopeless = hopeless or isinstance(error, _HOPELESS)
            yield step, error
        start(len(finished))


def _make(client: Client, step: Step) -> None:
    path = text_of(step.path)
    entry = step.entry
    if step.action == "remove":
        _remove(client, path, step)
    elif entry.value is None:
        client.make_directory(path, ttl=entry.ttl, prev_exist=step.action == "change")
    else:
        value = text_of(entry.value)
        if step.there is None:
            client.set(path, value, ttl=entry.ttl, prev_exist=False)
        else:
            client.set(path, value, ttl=entry.ttl, prev_index=step.there.modified)


def _remove(client: Client, path: str, step: Step) -> None:
    try:
        if step.entry.is_directory:
            client.delete(path, dir=True)
        else:
            client.delete(path, prev_index=step.entry.modified)
    except KeyNotFound:
        return  # it expired, or somebody else removed it
