"""A load in progress: so many connections, each with one request at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
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
        query: Mapping[str, str | int | bool | None] | None = None,
        form: Mapping[str, str | int | bool | None] | None = None,
        endpoint: str | None = None,
    ) -> Response: ...


class Run:
    """`load` against `targets`: each of `clients` is a connection, the targets take turns."""

    def __init__(self, load: Load, targets: Sequence[str], clients: Sequence[Requester]) -> None:
        self.load = load
        self.tally = Tally()
        self._targets = targets
        self._clients = clients
        self._stopped = False
        self._left: Iterator[int] = iter(range(load.requests)) if load.requests else count()
        self._begun: float | None = None
        self._filled = 0
        self._last_success = 0.0

    def stop(self) -> None:
        """End after the requests that are under way."""
        self._stopped = True

    @property
    def count(self) -> int:
        """How many requests have ended: those that fill, then those that count."""
        return self._filled if self._begun is None else self.tally.done

    @property
    def part_done(self) -> float:
        """How much of what is under way is done, of 1."""
        load, done = self.load, 0.0
        if self._begun is None:
            return self._filled / load.keys
        if load.requests is not None:
            done = self.tally.done / load.requests
        if load.seconds is not None:
            done = max(done, (time.perf_counter() - self._begun) / load.seconds)
        return min(1.0, done)

    async def fill(self) -> None:
        """Write every key once; again if it is not known to be there.

        Raises ClientError if no write succeeds for PATIENCE seconds.
        """
        self._last_success = time.perf_counter()
        numbers = iter(range(self.load.keys))

        async def write(place: int) -> None:
            chooser = Chooser(self.load, place)
            for number in numbers:
                while not self._stopped:
                    if not (reason := await self._try_to_write(place, number, chooser)):
                        break
                    if time.perf_counter() > self._last_success + PATIENCE:
                        raise ClientError(f"no key can be written: {reason}")
                    await asyncio.sleep(REST)

        await self._with_all(write)

    async def _try_to_write(self, place: int, number: int, chooser: Chooser) -> str:
        """Why it failed; empty if it did not."""
        try:
            answer = await self._write(place, self.load.key(number), chooser.value())
        except ClientError as error:
            return _short(error)
        if not (reason := _refusal(Kind.WRITE, answer)):
            self._filled += 1
            self._last_success = time.perf_counter()
        return reason

    async def start(self) -> None:
        """Run to the end."""
        self._begun = self._last_success = time.perf_counter()
        await self._with_all(self._connection)

    async def _with_all(self, work: Callable[[int], Coroutine[None, None, None]]) -> None:
        """All connections at once; the first that fails ends the others."""
        try:
            async with asyncio.TaskGroup() as group:
                for place in range(len(self._clients)):
                    group.create_task(work(place))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _connection(self, place: int) -> None:
        chooser = Chooser(self.load, place)
        for _ in self._left:
            begun = time.perf_counter()
            if self._is_over(begun):
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

    def _is_over(self, now: float) -> bool:
        assert self._begun is not None
        seconds = self.load.seconds
        late = seconds is not None and now >= self._begun + seconds
        return self._stopped or late or now > self._last_success + PATIENCE

    async def _ask(self, place: int, kind: Kind, chooser: Chooser) -> Response:
        key = chooser.key()
        if kind is Kind.WRITE:
            # Only keys that are there: a write that somebody stuck gets to do at last, when the
            # run is long over and its keys are removed, must not make one anew.
            return await self._write(place, key, chooser.value(), prevExist=True)
        query = {"quorum": True} if kind is Kind.QUORUM_READ else None
        return await self._clients[place].request(
            "GET", f"/v2/keys{key}", query=query, endpoint=self._target(place)
        )

    async def _write(self, place: int, key: str, value: str, **how: bool) -> Response:
        return await self._clients[place].request(
            "PUT", f"/v2/keys{key}", form={"value": value, **how}, endpoint=self._target(place)
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
