"""Carrying out a plan: many writes at once, each only if nobody changed its node meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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


class Tried(msgspec.Struct, frozen=True):
    """A step, and why it was not made, or why nobody knows; `error` is None if it was made."""

    step: Step
    error: ClientError | None


def carry_out(client: Client, phases: Sequence[Sequence[Step]]) -> Iterator[Tried]:
    """Make the steps, phase by phase; yields each when it was tried.

    A step that fails does not keep the others from being made, unless the cluster itself is gone
    or refuses all: then the rest is not tried.
    """
    with ThreadPoolExecutor(WORKERS) as pool:
        for phase in phases:
            hopeless = False
            for tried in _made(pool, client, phase):
                hopeless = hopeless or isinstance(tried.error, _HOPELESS)
                yield tried
            if hopeless:
                return


def _made(pool: ThreadPoolExecutor, client: Client, steps: Iterable[Step]) -> Iterator[Tried]:
    """Ends early after what is hopeless."""
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
            yield Tried(step, error)
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
