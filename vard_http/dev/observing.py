"""Asking the nodes how they are, again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from vard_http.dev.plan import Endpoint
from vard_http.dev.view import ClusterView, NodeView, Process, Sight

_SIGHT_SECONDS: Final = 0.2
_SIGHT_SECONDS_IN_DOUBT: Final = 0.03
_HEALTH_SECONDS: Final = 1.0
_HEALTH_SECONDS_IN_DOUBT: Final = 0.2
_TIMEOUT: Final = aiohttp.ClientTimeout(total=2.0)


class Observer:
    """Keeps a view up to date, more eagerly while all is not well."""

    def __init__(
        self, session: aiohttp.ClientSession, view: ClusterView, on_news: Callable[[], None]
    ) -> None:
        self._session = session
        self._view = view
        self._on_news = on_news

    async def watch_raft(self, endpoint: Endpoint) -> None:
        """Tell the view what the node says of its Raft state, until cancelled."""
        while True:
            node = self._view.nodes[endpoint.number]
            sight = await self._sight(endpoint) if node.process is Process.RUNNING else None
            if self._still(node, endpoint):
                self._view.saw(endpoint.number, sight)
                self._on_news()
            in_doubt = self._view.leader is None
            await asyncio.sleep(_SIGHT_SECONDS_IN_DOUBT if in_doubt else _SIGHT_SECONDS)

    async def watch_health(self, endpoint: Endpoint) -> None:
        """Tell the view what /health of the node says, until cancelled."""
        while True:
            node = self._view.nodes[endpoint.number]
            running = node.process is Process.RUNNING
            healthy = running and await self._get(endpoint, "/health") is not None
            if self._still(node, endpoint):
                self._view.checked(endpoint.number, healthy)
                self._on_news()
            ready = self._view.ready
            await asyncio.sleep(_HEALTH_SECONDS if ready else _HEALTH_SECONDS_IN_DOUBT)

    def _still(self, node: NodeView, endpoint: Endpoint) -> bool:
        """Whether the answer is that of the process as it is, not of the one before."""
        return self._view.nodes[endpoint.number] is node

    async def _sight(self, endpoint: Endpoint) -> Sight | None:
        variables = await self._get(endpoint, "/debug/vars")
        if variables is None:
            return None
        status = variables["raft.status"]
        return Sight(status["raftState"] == "StateLeader", status["term"], status["commit"])

    async def _get(self, endpoint: Endpoint, path: str) -> Any:
        """The JSON of an answer with status 200; None for another, or without one."""
        try:
            async with self._session.get(endpoint.client_url + path, timeout=_TIMEOUT) as answer:
                if answer.status == HTTPStatus.OK:
                    return await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError):
            pass
        return None
