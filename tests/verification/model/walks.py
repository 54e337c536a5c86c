"""Verdi's theorems along random walks through a scope.

The search itself cannot hold them: their ghosts remember the whole past, and states with different
pasts would never be equal. A walk has one past.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from tests.verification.model.choices import Choice, choices
from tests.verification.model.scope import Scope
from tests.verification.model.script import Script
from tests.verification.model.server import Event, Outcome, Server
from tests.verification.production import packet, running
from tests.verification.theorems import view
from tests.verification.theorems.incremental import Checker

MAX_STEPS = 80


class Walk:
    """One walk; `steps` counts what came after the prologue."""

    def __init__(self, scope: Scope, seed: int) -> None:
        self._scope = scope
        self._chance = Random(f"{scope.name} {seed}")
        self._starts: Counter[int] = Counter()
        self._script = Script(scope)
        self._checker = Checker()
        self.steps = 0

    def play(self) -> None:
        """Raises Violation, of the theorems or of the model's own properties."""
        scope, script = self._scope, self._script
        nodes = range(1, len(script.world.servers) + 1)
        self._checker.observe([self._shown(script.space.server(script.world, n)) for n in nodes])
        script.watch = self._watch
        scope.prologue(script)
        while self.steps < MAX_STEPS:
            possible = list(choices(script.space, scope, script.world))
            if not possible:
                return
            self.steps += 1
            self._take(self._chance.choice(possible))

    def _take(self, choice: Choice) -> None:
        script = self._script
        outcome = script.space.outcome(script.world.servers[choice.node - 1], choice.event)
        if outcome.server.raft.term <= self._scope.terms:
            script.retell(choice)

    def _watch(self, node: int, event: Event, outcome: Outcome) -> None:
        if event.kind == "crash" or event.crash_at:
            self._starts[node] += 1
        sent = [packet(node, target, message) for target, message in outcome.sent]
        self._checker.observe(
            [self._shown(outcome.server)],
            [p for p in sent if p is not None],
            delivered(node, event),
        )

    def _shown(self, server: Server) -> view.Server:
        disk = server.disk
        return running(
            server.raft,
            disk.hard_state,
            disk.last_index,
            self._starts[server.node],
            server.machine,
            disk.content(disk.meta.index) if disk.meta.index else None,
        )


def delivered(node: int, event: Event) -> view.Packet | None:
    """What the theorems see of the message that made a step."""
    return None if event.message is None else packet(event.source, node, event.message)
