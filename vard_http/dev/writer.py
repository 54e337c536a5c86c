"""PUTs at a steady rate, whatever the answers, so that a pause of the cluster shows as it is."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from typing import Final

import aiohttp

from vard_http.dev.plan import Endpoint
from vard_http.dev.tally import KEY, RATE, Outage, Tally

_TIMEOUT_SECONDS: Final = 3.0
_SHUN_SECONDS: Final = 3.0
_MOST_IN_FLIGHT: Final = 4 * RATE


class Writer:
    """Goes round the nodes; one that refused or did not answer is left out for a while."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoints: Sequence[Endpoint],
        on_outage: Callable[[Outage], None],
    ) -> None:
        self.tally = Tally(time.monotonic())
        self._session = session
        self._endpoints = endpoints
        self._on_outage = on_outage
        self._shunned = {endpoint.number: 0.0 for endpoint in endpoints}
        self._turn = itertools.cycle(endpoints)
        self._in_flight: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Write until cancelled."""
        due = time.monotonic()
        try:
            for number in itertools.count(1):
                if len(self._in_flight) < _MOST_IN_FLIGHT:
                    task = asyncio.create_task(self._write(number))
                    self._in_flight.add(task)
                    task.add_done_callback(self._in_flight.discard)
                due = max(due + 1 / RATE, time.monotonic() - 1)
                await asyncio.sleep(due - time.monotonic())
        finally:
            for task in self._in_flight:
                task.cancel()

    async def _write(self, value: int) -> None:
        for _ in self._endpoints:
            endpoint = self._next()
            try:
                done = await self._put(endpoint, value)
            except aiohttp.ClientConnectorError:
                self._shun(endpoint)
                continue  # nothing was sent, so another node may be asked
            except (aiohttp.ClientError, OSError, TimeoutError):
                done = False
            if not done:
                break
            if outage := self.tally.acknowledge(time.monotonic()):
                self._on_outage(outage)
            return
        self._shun(endpoint)
        self.tally.fail()

    async def _put(self, endpoint: Endpoint, value: int) -> bool:
        async with self._session.put(
            f"{endpoint.client_url}/v2/keys{KEY}",
            data={"value": str(value)},
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS),
        ) as answer:
            return answer.ok

    def _next(self) -> Endpoint:
        now = time.monotonic()
        for _ in self._endpoints:
            endpoint = next(self._turn)
            if self._shunned[endpoint.number] < now:
                return endpoint
        return next(self._turn)

    def _shun(self, endpoint: Endpoint) -> None:
        self._shunned[endpoint.number] = time.monotonic() + _SHUN_SECONDS
