"""What is known of the cluster, and what follows from it: who leads, and whether all is well. Pure.

A node is believed what it says of itself only as far as it can act on it: one that was killed,
paused or cut off from the majority leads nobody, whatever it said last.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vard_http.dev.partitions import LinkMatrix


class Process(Enum):
    """What the process of a node does."""

    RUNNING = "running"
    PAUSED = "paused"
    DOWN = "down"


@dataclass(frozen=True)
class Sight:
    """What a node said of its Raft state."""

    leads: bool
    term: int
    commit_index: int


@dataclass
class NodeView:
    """What is known of one node; `sight` is None until it has answered since it started."""

    process: Process = Process.DOWN
    sight: Sight | None = None
    healthy: bool = False


class ClusterView:
    """All nodes by number, and the links between them."""

    def __init__(self, nodes: int) -> None:
        self.matrix = LinkMatrix(nodes)
        self.nodes = {number: NodeView() for number in self.matrix.nodes}

    def turned(self, number: int, process: Process) -> None:
        """The process of a node is something else now, so what the node said is no longer so."""
        self.nodes[number] = NodeView(process)

    def saw(self, number: int, sight: Sight | None) -> None:
        """A node has answered, or not."""
        if self.nodes[number].process is Process.RUNNING:
            self.nodes[number].sight = sight

    def checked(self, number: int, healthy: bool) -> None:
        """What /health of a node said."""
        node = self.nodes[number]
        node.healthy = healthy and node.process is Process.RUNNING

    def running(self) -> list[int]:
        return self._with(Process.RUNNING)

    def paused(self) -> list[int]:
        return self._with(Process.PAUSED)

    def down(self) -> list[int]:
        return self._with(Process.DOWN)

    def _with(self, process: Process) -> list[int]:
        return [number for number, node in self.nodes.items() if node.process is process]

    def partitioned(self) -> list[int]:
        """The nodes on whose side of all cuts there is no majority."""
        return [n for n in self.nodes if not self.matrix.has_majority(n, list(self.nodes))]

    def divided(self) -> None:
        """The links have changed: what nodes without a majority said of their health is no more."""
        for number in self.partitioned():
            self.nodes[number].healthy = False

    def healthy(self) -> list[int]:
        """The nodes whose /health is true, and can be."""
        cut_off = self.partitioned()
        return [n for n, node in self.nodes.items() if node.healthy and n not in cut_off]

    @property
    def leader(self) -> tuple[int, int] | None:
        """Who leads a majority, and its term; of several, the newest."""
        running = self.running()
        claims = [
            (node.sight.term, number)
            for number, node in self.nodes.items()
            if node.sight is not None
            and node.sight.leads
            and number in running
            and self.matrix.has_majority(number, running)
        ]
        if not claims:
            return None
        term, number = max(claims)
        return number, term

    @property
    def commit_index(self) -> int:
        """The highest that a node has told."""
        return max((n.sight.commit_index for n in self.nodes.values() if n.sight), default=0)

    @property
    def ready(self) -> bool:
        """A leader is elected, and every /health is true."""
        return self.leader is not None and len(self.healthy()) == len(self.nodes)


@dataclass(frozen=True)
class Elected:
    """`without` is for how many seconds there was no leader; None for the first one."""

    old: int | None
    new: int
    term: int
    without: float | None


@dataclass(frozen=True)
class Lost:
    """There is no leader any more."""

    old: int
    term: int


class Leadership:
    """Follows who leads through time."""

    def __init__(self) -> None:
        self._leader: tuple[int, int] | None = None
        self._last: int | None = None
        self._since = 0.0

    def update(self, now: float, leader: tuple[int, int] | None) -> Elected | Lost | None:
        """What has changed at `now`, in seconds, if anything has."""
        before, self._leader = self._leader, leader
        if before == leader:
            if leader is not None:
                self._since = now
            return None
        if leader is None:
            assert before is not None
            self._since = now
            return Lost(*before)
        old, self._last = self._last, leader[0]
        without = None if old is None else now - self._since
        self._since = now
        return Elected(old, *leader, without)
