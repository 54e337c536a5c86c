"""Messages between simulated processes: the real Transport on connections without sockets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from vard_http.raft import AnyMessage, Propose
from vard_http.transport import Handshake, Transport
from vard_http.transport.codec import encode_frame
from vard_http.transport.outbound import Peer

if TYPE_CHECKING:
    from tests.simulation.nodes.host import Process


class Frame(msgspec.Struct, frozen=True):
    """What one process sends to another at once, and what it said of itself when it called."""

    handshake: Handshake
    data: bytes
    messages: tuple[AnyMessage, ...]

    def repeated(self) -> Frame:
        """What may come again: Raft's own messages, of which it must bear repetition.

        Proposals do not come twice, for that would be two proposals; TCP sees to that.
        """
        messages = tuple(m for m in self.messages if not isinstance(m, Propose))
        return Frame(self.handshake, encode_frame(messages), messages)


class Line(Peer):
    """One process's way to another."""

    def __init__(self, process: Process, node: int, urls: Sequence[str]) -> None:
        self.node = node
        self.urls = tuple(urls)
        self._process = process

    @property
    def active_since(self) -> float | None:  # type: ignore[override]
        return self._process.connected_since(self.node)

    @property
    def round_trip(self) -> float | None:
        return None if self.active_since is None else 0.001

    def send(self, messages: Sequence[AnyMessage]) -> int:
        return self._process.send(self.node, messages, encode_frame(messages))

    async def close(self) -> None:
        """There is nothing to hang up."""


class Wire(Transport):
    """One process's transport."""

    def __init__(self, process: Process, cluster_id: int, me: int) -> None:
        super().__init__(cluster_id, me)
        self._process = process

    def introduce(self, target: int) -> Handshake:
        return self._introduce(target)

    def _call(self, node: int, urls: Sequence[str]) -> Peer:
        return Line(self._process, node, urls)
