"""Playing a part of a story by hand: what comes before a search, and its retelling after it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from tests.verification.model.choices import HEARTBEAT, TIMEOUT, Choice
from tests.verification.model.scope import Scope
from tests.verification.model.server import Event, Node, Outcome
from tests.verification.model.world import Space, World
from vard_http.raft import Change
from vard_http.raft.messages import RequestVote


class Script:
    """A cluster that does what it is told; `steps` is what that was, `watch` is told of each.

    A retelling needs the search's `space`, by which its packets are numbered.
    """

    def __init__(self, scope: Scope, space: Space | None = None) -> None:
        configurations = scope.configurations
        model = Node(scope.settings, scope.chunks)
        self.space = space or Space(model, scope.groups, len(configurations))
        self.world: World = self.space.first(configurations, scope.terms, scope.bounds)
        self.steps: list[tuple[int, Event]] = []
        self.watch: Callable[[int, Event, Outcome], None] = lambda node, event, outcome: None

    def _happen(self, node: int, event: Event, taken: int | None = None) -> None:
        self.steps.append((node, event))
        world = self.world
        outcome = self.space.outcome(world.servers[node - 1], event)
        after = self.space.step(world, node, event, taken, world.left)
        if after is world and taken is not None:
            network = list(world.network)
            network.remove(taken)
            after = world._replace(network=tuple(network))
        self.world = after
        self.watch(node, event, outcome)

    def timeout(self, node: int) -> None:
        self._happen(node, TIMEOUT)

    def heartbeat(self, node: int) -> None:
        self._happen(node, HEARTBEAT)

    def propose(self, node: int, data: bytes) -> None:
        self._happen(node, Event("propose", data=data))

    def change(self, node: int, change: Change) -> None:
        self._happen(node, Event("change", change=change))

    def snapshot(self, node: int) -> None:
        self._happen(node, Event("snapshot"))

    def settle(self, *among: int) -> None:
        """Deliver all messages among these servers, or all, and what comes of them; votes are
        asked for late, so that no lease stands in the way. What others were sent stays."""
        while self._deliver(among):
            pass

    def _deliver(self, among: Collection[int]) -> bool:
        if (number := self._next(among)) is None:
            return False
        source, target, message = self.space.packets[number]
        state = self.space.server(self.world, target).raft.state
        late = isinstance(message, RequestVote) and not state.is_leader and state.lease_holds()
        self._happen(target, Event("deliver", source, message, late=late), number)
        return True

    def _next(self, among: Collection[int]) -> int | None:
        for number in self.world.network:
            packet = self.space.packets[number]
            if not among or (packet.source in among and packet.target in among):
                return number
        return None

    def lose(self) -> None:
        """Lose all that is still on its way."""
        self.world = self.world._replace(network=())

    def elect(self, node: int, *among: int) -> None:
        """Make `node` leader by the votes of these servers, or of all; what it sends then stays."""
        self.timeout(node)
        while not self.space.server(self.world, node).raft.is_leader:
            assert self._deliver(among)

    def retell(self, choice: Choice) -> None:
        """Do what the search did."""
        node, event, taken, left = choice
        self.steps.append((node, event))
        outcome = self.space.outcome(self.world.servers[node - 1], event)
        self.world = self.space.step(self.world, node, event, taken, left)
        self.watch(node, event, outcome)
