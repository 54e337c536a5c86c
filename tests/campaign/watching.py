"""Clients that watch all that is written, and go on after every reconnect where they were."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from tests.campaign.history import Event, Watched
from tests.campaign.http import NotSent, Unanswered, ask, parsed
from tests.campaign.workload import Client, Site
from tests.harness.http1 import Response

PATIENCE: Final = 1.5
"""Seconds without an event after which a watcher asks another member."""

DIRECTORIES: Final = ("registers", "kept", "queues", "locks")


class Watcher(Client):
    """Watches one directory from index `since` on.

    A stream that begins in the past delivers one event only (contract 10.3), so a streaming
    watcher catches up with long polls, event by event, until the member has no more to tell.
    """

    def __init__(
        self, name: str, site: Site, seed: int, directory: str, since: int, *, streaming: bool
    ) -> None:
        super().__init__(name, site, seed)
        self.seen = Watched(f"{name} {directory}", since, reached=since - 1)
        self._directory = directory
        self._streaming = streaming
        self._catching_up = True
        site.history.watched.append(self.seen)

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until told to stop."""
        watching = asyncio.ensure_future(self._watch())
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait({watching, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        self._connection.close()

    async def _watch(self) -> None:
        while True:
            await self.work()

    async def work(self) -> None:
        try:
            if self._streaming and not self._catching_up:
                await self._stream()
            else:
                await self._poll()
        except Unanswered:
            self._again()
        except NotSent:
            self._again()
            await asyncio.sleep(0.05)

    def _again(self) -> None:
        self.seen.reconnects += 1
        self._catching_up = True
        self.move()

    async def _poll(self) -> None:
        """One event; silence means that a stream can take over."""
        try:
            response = await self._connection.request("GET", self._target(), patience=PATIENCE)
        except Unanswered as error:
            if "TimeoutError" in str(error) and self._streaming:
                self._catching_up = False
                return
            raise
        if response.status == 200 and response.body:
            self._take(response.body)
        elif response.status == 200:
            raise Unanswered("the member stopped")
        else:
            self._refused(response, parsed(response))

    async def _stream(self) -> None:
        target, registered = self._target() + "&stream=true", 0
        async for part in self._connection.stream(target, PATIENCE):
            if isinstance(part, Response):
                if part.status != 200:
                    self._again()
                    return
                registered = int(part.head.get("X-Etcd-Index") or 0)
                continue
            self._take(part)
            if self.seen.reached <= registered:
                break
        self._again()

    def _target(self) -> str:
        return f"/v2/keys/{self._directory}?wait=true&recursive=true&waitIndex={self._next}"

    @property
    def _next(self) -> int:
        return self.seen.reached + 1

    def _take(self, line: bytes) -> None:
        event = Event.parse(line)
        self.seen.events.append(event)
        self.seen.reached = event.index

    def _refused(self, response: Response, body: dict[str, object]) -> None:
        if body.get("errorCode") != 401:
            self.site.history.odd_answers.append(f"watch: {response.status} {body}")
            return
        index = int(str(body["index"]))
        self.seen.gaps.append((self.seen.reached, index))
        self.seen.reached = index


async def kept_events(port: int, directory: str, upto: int) -> list[Event]:
    """What the member's history (its last 1000 indexes) still has of a directory, oldest first."""
    since, events = max(1, upto - 990), list[Event]()
    while since <= upto:
        target = f"/v2/keys/{directory}?wait=true&recursive=true&waitIndex={since}"
        try:
            response = await ask(port, "GET", target, patience=0.5)
        except Unanswered:
            break
        if response.status != 200 or not response.body:
            break
        event = Event.parse(response.body)
        events.append(event)
        since = event.index + 1
    return events
