"""Finding the members of a new cluster below a token of a discovery service (contract 17)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

import structlog

from vard_http.config.identity import format_id
from vard_http.config.kinds import CLUSTER
from vard_http.discovery.client import Client, Node, Refused, Unavailable
from vard_http.discovery.errors import ClusterFull, DiscoveryError

log = structlog.get_logger("discovery")

NODE_EXISTS: Final = 105
SIZE: Final = "_config/size"
MAX_DOUBLINGS: Final = 8
"""Waits between tries grow from 2 to 256 seconds, and there is no last try, as in etcd."""

Members = Mapping[str, tuple[str, ...]]
"""Peer URLs by name, as --initial-cluster gives them."""

Sleep = Callable[[float], Awaitable[object]]


class Registry:
    """One token; `member` is the id under which this process registers, 0 if it only looks."""

    def __init__(self, client: Client, member: int, sleep: Sleep = asyncio.sleep) -> None:
        self._client = client
        self._own = format_id(member)
        self._sleep = sleep
        self._failures = 0

    async def join(self, name: str, peer_urls: Iterable[str]) -> Members:
        """Register as `name`, and wait until the cluster is complete.

        Raises ClusterFull, and DiscoveryError with etcd's reasons.
        """
        await self._listed()
        await self._register(",".join(f"{name}={url}" for url in peer_urls))
        return await self._complete()

    async def members(self) -> Members:
        """Wait until the cluster is complete; raises DiscoveryError."""
        return await self._complete(full_is_fine=True)

    async def _register(self, value: str) -> None:
        try:
            created = await self._client.create(self._own, value)
            await self._client.watch(self._own, created.node.created_index, recursive=False)
        except Refused as refused:
            if refused.code == NODE_EXISTS:
                raise DiscoveryError("discovery: found duplicate id") from refused
            raise
        except Unavailable as error:
            raise DiscoveryError(str(error)) from error

    async def _complete(self, *, full_is_fine: bool = False) -> Members:
        while True:
            nodes, size, index = await self._listed(full_is_fine=full_is_fine)
            try:
                nodes = await self._wait(nodes[:size], size, index)
            except Unavailable as error:
                await self._pause("waiting for other nodes", error)
            else:
                return members_of(nodes, size)

    async def _wait(self, nodes: Sequence[Node], size: int, index: int) -> list[Node]:
        """The nodes and those that come after `index`, up to `size` of them."""
        found = list(nodes)
        for node in found:
            self._tell(node)
        while len(found) < size:
            log.info(f"found {len(found)} peer(s), waiting for {size - len(found)} more")
            event = await self._client.watch("", index + 1, recursive=True)
            index = event.node.modified_index
            self._tell(event.node)
            found.append(event.node)
        log.info(f"found {size} needed peer(s)")
        return found

    async def _listed(self, *, full_is_fine: bool = False) -> tuple[list[Node], int, int]:
        """Who has registered, in that order; how many there shall be; and X-Etcd-Index."""
        while True:
            try:
                size = _size((await self._client.get(SIZE)).node.value)
                found = await self._client.get("")
            except Unavailable as error:
                await self._pause("cluster status check", error)
                continue
            nodes = sorted(
                (node for node in found.node.nodes if _name(node) != "_config"),
                key=lambda node: node.created_index,
            )
            taken = [_name(node) for node in nodes[:size]]
            if len(taken) == size and self._own not in taken and not full_is_fine:
                raise ClusterFull
            return nodes, size, found.index

    async def _pause(self, step: str, reason: Exception) -> None:
        self._failures += 1
        seconds = 1 << min(self._failures, MAX_DOUBLINGS)
        log.warning(
            f"{step}: error connecting to {self._client.place}, retrying in {seconds}s",
            error=str(reason),
        )
        await self._sleep(seconds)

    def _tell(self, node: Node) -> None:
        who = "self" if _name(node) == self._own else "peer"
        log.info(f"found {who} {_name(node)} in the cluster")


def members_of(nodes: Sequence[Node], size: int) -> Members:
    """The members that registered. Raises DiscoveryError with etcd's reasons."""
    try:
        members: Members = CLUSTER.parse(",".join(node.value for node in nodes))
    except ValueError as error:
        raise DiscoveryError("discovery: invalid URL") from error
    if len(members) != size:
        raise DiscoveryError("discovery: found duplicate name")
    return members


def _size(text: str) -> int:
    """A whole number above 0: with 0 there would be nobody in the cluster."""
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 1 << 64:
        raise DiscoveryError("discovery: size key is bad")
    return int(text)


def _name(node: Node) -> str:
    return node.key.rpartition("/")[2]
