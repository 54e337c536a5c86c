"""Asking the peers who the members are, again and again (contract 17)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
import structlog

from vard_http.node.joining import RemoteMember
from vard_http.proxy.cluster_file import write_peer_urls
from vard_http.proxy.director import Director
from vard_http.tls import Security

log = structlog.get_logger("proxy")

ASK_SECONDS: Final = 10.0
DEFAULT_INTERVAL: Final = 30.0
IMPATIENT_INTERVAL: Final = 1.0
"""Instead of an interval of DEFAULT_INTERVAL or more, while no endpoint is known."""

_decode_members = msgspec.json.Decoder(list[RemoteMember]).decode


class Peers:
    """Keeps `director` and the file at `path` up to date; `interval` is in seconds."""

    def __init__(
        self,
        peer_urls: Sequence[str],
        path: Path,
        director: Director,
        session: aiohttp.ClientSession,
        security: Security,
        interval: float,
    ) -> None:
        self._peer_urls = tuple(peer_urls)
        self._path = path
        self._director = director
        self._session = session
        self._security = security
        self._interval = interval
        self._told = False

    async def follow(self) -> None:
        """Refresh until cancelled."""
        while True:
            interval, available = self._interval, self._director.available()
            if available and not self._told:
                self._told = True
                log.info("endpoints found", urls=[endpoint.url for endpoint in available])
            if not available and interval >= DEFAULT_INTERVAL:
                interval = IMPATIENT_INTERVAL
            await asyncio.sleep(interval)
            await self.refresh()

    async def refresh(self) -> None:
        """Take over what the first peer that answers says; nobody answers: no endpoints."""
        members = await self._members()
        self._director.replace(sorted({url for one in members for url in one.client_urls}))
        peer_urls = tuple(sorted({url for one in members for url in one.peer_urls}))
        if not peer_urls:
            return
        try:
            write_peer_urls(self._path, peer_urls)
        except OSError as error:
            log.warning(f"error on writing urls: {error}")
            return
        if peer_urls != self._peer_urls:
            log.info("updated peer urls in cluster file", old=self._peer_urls, new=peer_urls)
        self._peer_urls = peer_urls

    async def _members(self) -> list[RemoteMember]:
        for url in self._peer_urls:
            try:
                return await self._ask(url)
            except (aiohttp.ClientError, OSError, TimeoutError, msgspec.MsgspecError) as error:
                log.warning(f"could not get cluster response from {url}: {error}")
        log.warning("could not retrieve cluster information from the given URLs")
        return []

    async def _ask(self, url: str) -> list[RemoteMember]:
        async with self._session.get(
            f"{url}/members",
            ssl=self._security.client_context(),
            timeout=aiohttp.ClientTimeout(total=ASK_SECONDS),
            raise_for_status=True,
        ) as response:
            return _decode_members(await response.read())
