"""A load in progress: so many connections, each with one request at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from itertools import count
from typing import Final, Protocol

from vard_http.client import ClientError, ClusterUnavailable, Response
from vard_http.ctl.bench.load import Chooser, Kind, Load, Tally

PATIENCE: Final = 30.0
"""Without a good answer for so many seconds there will be none."""

REST: Final = 0.05
"""Seconds after a failure, so that a cluster that is down is not asked without a pause."""


class Requester(Protocol):
    """What of an AsyncClient is used."""

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str | int | bool | None] | None = None,
        form: dict[str, str | int | bool | None] | None = None,
        endpoint: str | None = None,
    ) -> Response: ...


class Run:
    """`load` against `targets`: each of `clients` is a connection, to one target after the other.

    The load's end is reckoned from `start`; `stop` ends it after the requests under way.
    """

    def __init__(self, load: Load, targets: Sequence[str], clients: Sequence[Requester]) -> None:
        self.load = load
        self.tally = Tally()
        self._targets = targets
        self._clients = clients
        self._stopped = False
        self._left: Iterator[int] = iter(range(load.requests)) if load.requests else count()
        self._end = float("inf")
        self._last_success = 0.0

    def stop(self) -> None:
        """No more requests."""
        self._stopped = True

    async def fill(self, progress: Callable[[int], None]) -> None:
        """Write every key once. Raises what the client raises, or ClientError for a refusal."""
        numbers = iter(range(self.load.keys))

        async def write(place: int) -> None:
            chooser = Chooser(self.load, place)
            for number in numbers:
                if self._stopped:
                    return
                answer = await self._write(place, self.load.key(number), chooser.value())
                if reason := _refusal(Kind.WRITE, answer):
                    raise ClientError(f"the first write of a key was answered with {reason}")
                progress(number + 1)

        await self._with_all(write)

    async def start(self) -> float:
        """Run to the end; returns the seconds it took."""
        begun = self._last_success = time.perf_counter()
        if self.load.seconds is not None:
            self._end = begun + self.load.seconds
        await self._with_all(self._connection)
        return time.perf_counter() - begun

    async def _with_all(self, work: Callable[[int], Coroutine[None, None, None]]) -> None:
        """All connections at once; the first that fails ends the others."""
        async with asyncio.TaskGroup() as group:
            for place in range(len(self._clients)):
                group.create_task(work(place))

    async def _connection(self, place: int) -> None:
        chooser = Chooser(self.load, place)
        for _ in self._left:
            begun = time.perf_counter()
            if self._stopped or begun >= self._end or begun > self._last_success + PATIENCE:
                return
            kind = chooser.kind()
            try:
                answer = await self._ask(place, kind, chooser)
            except ClientError as error:
                reason = _short(error)
            else:
                reason = _refusal(kind, answer)
            ended = time.perf_counter()
            if not reason:
                self._last_success = ended
                self.tally.succeed(kind, ended - begun)
            else:
                self.tally.fail(kind, reason)
                await asyncio.sleep(REST)

    async def _ask(self, place: int, kind: Kind, chooser: Chooser) -> Response:
        key = chooser.key()
        if kind is Kind.WRITE:
            return await self._write(place, key, chooser.value())
        quorum: dict[str, str | int | bool | None] = {"quorum": True}
        query = quorum if kind is Kind.QUORUM_READ else None
        return await self._clients[place].request(
            "GET", f"/v2/keys{key}", query=query, endpoint=self._target(place)
        )

    async def _write(self, place: int, key: str, value: str) -> Response:
        return await self._clients[place].request(
            "PUT", f"/v2/keys{key}", form={"value": value}, endpoint=self._target(place)
        )

    def _target(self, place: int) -> str:
        return self._targets[place % len(self._targets)]


def _refusal(kind: Kind, answer: Response) -> str:
    """Why this is no good answer; empty for one. A read may find nothing on a member behind."""
    good = (200, 201) if kind is Kind.WRITE else (200, 404)
    if answer.status in good:
        return ""
    body = answer.body[:200].decode(errors="replace").strip()
    return f"status {answer.status}: {body}"


def _short(error: ClientError) -> str:
    if isinstance(error, ClusterUnavailable) and error.errors:
        return next(iter(error.errors.values()))
    return str(error) or type(error).__name__
