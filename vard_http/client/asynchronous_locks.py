"""Locks and elections of the asynchronous client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from vard_http.client.asynchronous_http import Line, Sessions, run
from vard_http.client.electing import Leader, Observing, read_leader
from vard_http.client.endpoints import Endpoints
from vard_http.client.exchange import exchange
from vard_http.client.queueing import Place, now


class AsyncLock:
    """A lock of the cluster: `async with client.lock("name", ttl=10) as lock:`.

    While it is held a task refreshes its key. `lost` is set when the lock is lost before it was
    released: its key is gone, or could not be refreshed for `ttl` seconds. Whoever works under
    the lock should look at `lost` or `held`, and give `fencing_index` along with what it changes
    elsewhere, so that a holder that was suspended can be turned away: each holder's index is
    higher than that of all holders before. Tasks that want to exclude each other need an
    `AsyncLock` each.
    """

    def __init__(
        self, endpoints: Endpoints, sessions: Sessions, directory: str, text: str, ttl: int
    ) -> None:
        self._endpoints = endpoints
        self._sessions = sessions
        self._directory = directory
        self._text = text
        self._ttl = ttl
        self._place = self._new_place()
        self._keeper: asyncio.Task[None] | None = None
        self.busy = False
        """Whether it is held or waited for."""
        self.lost = asyncio.Event()
        self.reason = ""

    async def acquire(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 as in the blocking client
    ) -> bool:
        """Wait for the lock; False if `timeout` seconds were not enough.

        Raises ClusterUnavailable if no member can be asked at the start; EtcdError; RuntimeError
        if it is held already. A task that is cancelled here gives its place up.
        """
        if self.busy:
            raise RuntimeError("the lock is held, or waited for, already")
        self.busy = True
        self._place = place = self._new_place()
        self.lost = asyncio.Event()
        self.reason = ""
        line = Line(self._sessions)
        try:
            if await run(place.enter(None if timeout is None else now() + timeout), line):
                self._keeper = asyncio.create_task(self._keep(place, self.lost))
        finally:
            line.close()
            if self._keeper is None:
                self.busy = False
                await self._leave(place)
        return self._keeper is not None

    async def release(self) -> None:
        """Give the lock to the next. If no member can be reached it goes with its TTL."""
        if self._keeper is None:
            return
        keeper, self._keeper = self._keeper, None
        self.busy = False
        keeper.cancel()
        await asyncio.wait([keeper])
        await self._leave(self._place)

    @property
    def held(self) -> bool:
        """Whether the lock is ours, as far as can be known here and now."""
        return self._place.held and not self.lost.is_set()

    @property
    def fencing_index(self) -> int:
        """The createdIndex of the lock's key; higher with every holder. Raises NotHeld."""
        return self._place.first.created_index

    @property
    def key(self) -> str:
        """The lock's key. Raises NotHeld."""
        return self._place.first.key

    async def __aenter__(self) -> AsyncLock:
        await self.acquire()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.release()

    def _new_place(self) -> Place:
        return Place(
            self._endpoints, self._directory, self._text, self._ttl, self._sessions.timeout
        )

    async def _keep(self, place: Place, lost: asyncio.Event) -> None:
        line = Line(self._sessions)
        try:
            self.reason = await run(place.keep(), line)
        except Exception as error:
            self.reason = str(error)
        lost.set()

    async def _leave(self, place: Place) -> None:
        """Also when the task is cancelled meanwhile: others wait for the place."""
        await asyncio.shield(run(place.leave(), Line(self._sessions)))


class AsyncElection:
    """An election: those who `campaign` lead one after the other.

    `async with client.election("name", ttl=10) as election:` resigns at the end. `lost`, `held`
    and `fencing_index` are those of `AsyncLock`.
    """

    def __init__(self, endpoints: Endpoints, sessions: Sessions, directory: str, ttl: int) -> None:
        self._endpoints = endpoints
        self._sessions = sessions
        self._directory = directory
        self._ttl = ttl
        self._lock = self._candidate("")

    async def campaign(
        self,
        value: str,
        timeout: float | None = None,  # noqa: ASYNC109 as in the blocking client
    ) -> bool:
        """Wait to be elected; observers see `value`. False after `timeout` seconds.

        Raises as `AsyncLock.acquire` does.
        """
        if self._lock.busy:
            raise RuntimeError("this candidate leads, or waits for it, already")
        self._lock = self._candidate(value)
        return await self._lock.acquire(timeout)

    async def resign(self) -> None:
        """Let the next one lead."""
        await self._lock.release()

    async def leader(self) -> Leader | None:
        """The leader now, None without one. Raises ClusterUnavailable."""
        operation = exchange(read_leader(self._directory), self._endpoints)
        return await run(operation, Line(self._sessions))

    async def observe(self) -> AsyncIterator[Leader | None]:
        """The leader now, and then whenever it changes; None stands for nobody.

        A leader that leads only for a moment may be left out. Raises ClusterUnavailable at the
        start only.
        """
        observing = Observing(self._endpoints, self._directory)
        with contextlib.closing(Line(self._sessions)) as line:
            while True:
                yield await run(observing.next(), line)

    @property
    def lost(self) -> asyncio.Event:
        return self._lock.lost

    @property
    def reason(self) -> str:
        """Why the leadership was lost."""
        return self._lock.reason

    @property
    def held(self) -> bool:
        """Whether we lead, as far as can be known here and now."""
        return self._lock.held

    @property
    def fencing_index(self) -> int:
        """Higher with every leader. Raises NotHeld."""
        return self._lock.fencing_index

    async def __aenter__(self) -> AsyncElection:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.resign()

    def _candidate(self, value: str) -> AsyncLock:
        return AsyncLock(self._endpoints, self._sessions, self._directory, value, self._ttl)
