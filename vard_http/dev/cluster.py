"""The nodes and the links between them, and the view that follows what is done to them."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from vard_http.dev.links import Links
from vard_http.dev.member import Member
from vard_http.dev.plan import Plan, environment
from vard_http.dev.view import ClusterView


class Cluster:
    """All processes. To be made inside the event loop; `sockets` are those of `ports.reserve`.

    `on_line` gets each line of a node's log, `on_turn` is called when a process has begun, paused,
    gone on or ended, and the view knows it.
    """

    def __init__(
        self,
        plan: Plan,
        sockets: Sequence[socket.socket],
        data_dir: Path,
        flags: Sequence[str],
        on_line: Callable[[int, str], None],
        on_turn: Callable[[int], None],
    ) -> None:
        self.plan = plan
        self.view = ClusterView(plan.nodes)
        self._links = Links(self.view.matrix)
        self._sockets = dict(zip(plan.endpoints, sockets, strict=True))
        self._on_turn = on_turn
        self.members = {
            endpoint.number: Member(
                endpoint,
                plan.command(endpoint, data_dir, flags),
                environment(os.environ),
                data_dir / f"{endpoint.name}.log",
                on_line,
                self._turned,
            )
            for endpoint in plan.endpoints
        }

    async def start(self) -> None:
        """Start all. Raises OSError."""
        await self._links.open(self._sockets)
        for member in self.members.values():
            member.start()

    async def end(self) -> None:
        """End all that runs, in good order if that is quick."""
        await asyncio.gather(*(member.end() for member in self.members.values()))
        await self._links.close()

    def kill(self) -> None:
        """End all at once."""
        for member in self.members.values():
            member.kill()

    def partition(self, group: Iterable[int]) -> None:
        """Cut `group` off from the others."""
        self.view.matrix.partition(group)
        self._links_changed()

    def cut(self, source: int, target: int) -> None:
        """Let nothing that `source` says reach `target`."""
        self.view.matrix.cut(source, target)
        self._links_changed()

    def heal(self, nodes: Iterable[int] | None) -> None:
        """Make the links of `nodes`, or all, whole."""
        self.view.matrix.heal(nodes)
        self._links_changed()

    def _links_changed(self) -> None:
        self.view.divided()
        self._links.follow()

    def _turned(self, number: int) -> None:
        self.view.turned(number, self.members[number].process)
        self._on_turn(number)
