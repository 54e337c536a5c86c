"""Messages between the servers of a cluster, over TCP behind an HTTP upgrade."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence

from vard_http.raft.messages import AnyMessage
from vard_http.transport.handshake import Handshake, HandshakeRefused, check
from vard_http.transport.inbound import PeerListener, Refusals
from vard_http.transport.outbound import Peer

__all__ = ["Handshake", "HandshakeRefused", "PeerListener", "Refusals", "Transport", "check"]


class Transport:
    """The outgoing half: who the peers are, and sending to them."""

    def __init__(
        self,
        cluster_id: int,
        me: int,
        make_context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """`make_context` is called for each connection to an https URL."""
        self._cluster_id = cluster_id
        self._me = me
        self._make_context = make_context
        self._peers: dict[int, Peer] = {}
        self.received_bytes: dict[int, int] = {}
        """By sender, over all connections."""
        self._closing: set[asyncio.Task[None]] = set()

    def set_peers(self, urls: Mapping[int, Sequence[str]]) -> None:
        """Keep connections to just these servers; must run inside the event loop."""
        wanted = {node: tuple(us) for node, us in urls.items() if node != self._me}
        for node, peer in list(self._peers.items()):
            if wanted.get(node) != peer.urls:
                del self._peers[node]
                task = asyncio.get_running_loop().create_task(peer.close())
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)
        for node, us in wanted.items():
            if node not in self._peers:
                self._peers[node] = Peer(node, us, self._cluster_id, self._me, self._make_context)

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
