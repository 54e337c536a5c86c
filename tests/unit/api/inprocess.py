"""A member in a thread of the test's process, for blocking clients."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import uvloop

from tests.harness.processes import Server
from tests.harness.readiness import is_ready
from tests.unit.api.support import Way, listening
from tests.unit.node.support import settled
from vard_http.api.service import Service
from vard_http.config import load
from vard_http.node import start_node

PATIENCE = 10.0


class InProcess(Server):
    """One member; its clients are served one `way` only."""

    def __init__(self, way: Way, extra_flags: Sequence[str] = ()) -> None:
        super().__init__("vard", extra_flags=extra_flags)
        self._way = way
        self._loop = uvloop.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._port = 0
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        if not self._ready.wait(PATIENCE) or not is_ready(self._port, 1, fresh=True):
            self.close()
            raise RuntimeError("the member did not start")

    @property
    def port(self) -> int:
        return self._port

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(PATIENCE)
        if self._thread.is_alive():
            raise RuntimeError("the member did not stop")
        super().close()

    def _work(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        config = load(self.command()[3:], {})
        node = start_node(config)
        node.start()
        await settled(node)
        service = Service(
            node,
            cors=config.cors,
            host_whitelist=config.host_whitelist,
            v2=config.enable_v2,
            client_cert_auth=False,
        )
        try:
            async with listening(service, self._way) as self._port:
                self._ready.set()
                await self._stop.wait()
        finally:
            await node.stop()
