"""Messages between the servers of a cluster, over TCP behind an HTTP upgrade."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Collection, Mapping, Sequence

from vard_http.raft.messages import AnyMessage
from vard_http.transport.handshake import Handshake, HandshakeRefused, check
from vard_http.transport.inbound import PeerListener, Refusals
from vard_http.transport.outbound import Peer

__all__ = ["Handshake", "HandshakeRefused", "PeerListener", "Refusals", "Transport", "check"]


class Transport:
    """The outgoing half: who the peers are, and sending to them.

    `on_removed` is called when a peer says that this server was removed from the cluster.
    """

    def __init__(
        self,
        cluster_id: int,
        me: int,
        make_context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """`make_context` is called for each connection to an https URL."""
        self.on_removed: Callable[[], None] = _ignore
        self._cluster_id = cluster_id
        self._me = me
        self._make_context = make_context
        self._members: dict[int, tuple[str, ...]] = {}
        self._callers: dict[int, tuple[str, ...]] = {}
        self._peers: dict[int, Peer] = {}
        self.received_bytes: dict[int, int] = {}
        """By sender, over all connections."""
        self._closing: set[asyncio.Task[None]] = set()

    def set_peers(self, urls: Mapping[int, Sequence[str]], removed: Collection[int] = ()) -> None:
        """These servers, of which this one may be one, are the members; `removed` were once.

        Members are called, and so is who has called us, until removed. To be used inside the event
        loop. A connection stays as long as it works, even if the URLs change.
        """
        self._members = {node: tuple(us) for node, us in urls.items()}
        for node in removed:
            self._callers.pop(node, None)
        self._follow()

    def meet(self, caller: int, urls: Sequence[str]) -> None:
        """A server has called and said that these are its peer URLs.

        That may be news to a server whose list of members is empty or old.
        """
        if urls and self._callers.get(caller) != tuple(urls):
            self._callers[caller] = tuple(urls)
            self._follow()

    def _follow(self) -> None:
        wanted: dict[int, tuple[str, ...]] = {}
        for node in (self._members.keys() | self._callers.keys()) - {self._me}:
            urls = self._members.get(node, ()) + self._callers.get(node, ())
            if urls:
                wanted[node] = tuple(dict.fromkeys(urls))
        for node in self._peers.keys() - wanted.keys():
            task = asyncio.get_running_loop().create_task(self._peers.pop(node).close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        for node, urls in wanted.items():
            if node in self._peers:
                self._peers[node].urls = urls
            else:
                self._peers[node] = self._call(node, urls)

    def _call(self, node: int, urls: Sequence[str]) -> Peer:
        return Peer(node, urls, self._introduce, lambda: self.on_removed(), self._make_context)

    def _introduce(self, target: int) -> Handshake:
        return Handshake(self._cluster_id, self._me, target, self._members.get(self._me, ()))

    @property
    def peers(self) -> Mapping[int, Peer]:
        """The other servers by id."""
        return self._peers

    def count_received(self, source: int, size: int) -> None:
        """So many bytes have come from another server."""
        self.received_bytes[source] = self.received_bytes.get(source, 0) + size

    def send(self, messages: Sequence[tuple[int, AnyMessage]]) -> int:
        """Send each message to the server before it; those to one server share a frame.

        Returns the bytes that were sent.
        """
        frames: dict[int, list[AnyMessage]] = {}
        for node, message in messages:
            frames.setdefault(node, []).append(message)
        sent = 0
        for node, batch in frames.items():
            peer = self._peers.get(node)
            if peer is not None:
                sent += peer.send(batch)
        return sent

    def active_since(self, node: int) -> float | None:
        """Since when, in time.monotonic() seconds, this peer has been reachable; None if not."""
        peer = self._peers.get(node)
        return peer.active_since if peer is not None else None

    async def close(self) -> None:
        """Hang up on all."""
        peers, self._peers = self._peers, {}
        await asyncio.gather(*(peer.close() for peer in peers.values()), *self._closing)


def _ignore() -> None:
    """Until somebody wants to know."""
