"""The watch of the asynchronous client."""

from __future__ import annotations

from collections.abc import AsyncIterator

from vard_http.client.asynchronous_http import Line, Sessions, run
from vard_http.client.watching import Item, Watching


class AsyncWatch(AsyncIterator[Item]):
    """Events of a key, one after the other: `async for event in client.watch(key)`.

    Without `after_index` it begins at `async with`, or else with the first event waited for.
    Waits for as long as it takes, across members that die and clusters without a leader; cancel
    the task that waits to end it. One task at a time may wait.
    """

    def __init__(self, watching: Watching, sessions: Sessions) -> None:
        self._watching = watching
        self._line = Line(sessions)
        self._started = False

    @property
    def index(self) -> int:
        """Every event up to this etcd index has been told; give it as `after_index` to go on."""
        return self._watching.after

    async def __anext__(self) -> Item:
        try:
            await self._start()
            return await run(self._watching.next(), self._line)
        except BaseException:
            self._line.close()
            raise

    async def __aenter__(self) -> AsyncWatch:
        await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up what is open."""
        self._line.close()

    async def _start(self) -> None:
        if not self._started:
            await run(self._watching.start(), self._line)
            self._started = True
