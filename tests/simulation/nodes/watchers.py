"""Watchers of all user keys: what they are told is complete and in order, from host to host."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from tests.simulation.checker import require
from tests.simulation.nodes.host import Process
from tests.simulation.nodes.oracle import told
from vard_http.store import Event, Watcher

if TYPE_CHECKING:
    from tests.simulation.nodes.world import World

ALL: Final = b"/1"
ROUND_TRIP: Final = 1_500


class WatchingClient:
    """Asks for the first event after the last one it has seen; with `stream` for all after that.

    If its connection breaks it goes on elsewhere.
    """

    def __init__(self, name: str, world: World, chance: Random, *, stream: bool) -> None:
        self.name = name
        self.seen = 0
        self.stream = stream
        self._world = world
        self._chance = chance
        self._since = 1
        self._process: Process | None = None
        self._watcher: Watcher | None = None
        self._connections = 0

    def connect(self) -> None:
        """Watch at some host, now or when one is up."""
        host = self._world.someone(self._chance)
        if host is None or host.process is None or host.node is None:
            self._later()
            return
        self._process = host.process
        self._connections += 1
        self._process.loop.at_once(self._watch, self._process, self._connections)

    def ended(self, process: Process) -> None:
        """The connection to a process is broken."""
        if self._process is process:
            self._process = None
            self._later()

    def _later(self) -> None:
        self._world.scheduler.after(20 * ROUND_TRIP, self._connect_again, self._connections)

    def _connect_again(self, connection: int) -> None:
        if self._process is None and connection == self._connections:
            self.connect()

    def _again(self, process: Process, connection: int) -> None:
        if connection == self._connections and not process.loop.dead:
            process.loop.at_once(self._watch, process, connection)

    def _watch(self, process: Process, connection: int) -> None:
        node = process.node
        if node is None or connection != self._connections:
            self.ended(process)
            return

        def deliver(event: Event) -> bool:
            try:
                self._told(process, event)
            except Exception as error:
                self._world.violated(error)
            # A stream that was answered from the history has ended with that (contract 10.3).
            if not self.stream or self._watcher is None:
                later = process.loop.now - self._world.scheduler.now + ROUND_TRIP
                self._world.scheduler.after(later, self._again, process, connection)
            return True

        self._watcher = None
        watcher = node.store.watch(
            ALL, recursive=True, stream=self.stream, since=self._since, deliver=deliver
        )
        if watcher.registered:
            self._watcher = watcher

    def _told(self, process: Process, event: Event) -> None:
        process.observe()
        expected = self._world.reference.events
        require(
            self.seen < len(expected), "watch_in_order", f"{self.name} is told {event} too soon"
        )
        wanted = expected[self.seen]
        require(
            told(wanted) == told(event),
            "watch_complete",
            f"{self.name} is told {event}, the next is {wanted}",
        )
        self.seen += 1
        self._since = event.index + 1
        self._world.schedule.count("watched event")
