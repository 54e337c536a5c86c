"""Breadth-first search through all worlds of a scope: a counterexample is a shortest one."""

from __future__ import annotations

from array import array
from collections.abc import Callable

import msgspec

from tests.verification.model.choices import Choice, choices
from tests.verification.model.properties import Violation
from tests.verification.model.scope import Scope
from tests.verification.model.script import Script
from tests.verification.model.story import story
from tests.verification.model.world import World


class Explored(msgspec.Struct, frozen=True):
    """states: distinct worlds, equal ones under other names counted once. transitions: steps taken
    from them. depth: the most steps that any of them needs. finished: no other world can be reached
    within the bounds. violation, story: what did not hold, and how it came about."""

    states: int
    transitions: int
    depth: int
    finished: bool
    violation: Violation | None = None
    story: str = ""


Progress = Callable[[Explored], None]


def explore(scope: Scope, limit: int = 0, progress: Progress | None = None) -> Explored:
    """Visit all worlds of `scope`, or `limit` of them unless that is 0."""
    return _Search(scope, limit, progress).run()


class _Search:
    def __init__(self, scope: Scope, limit: int, progress: Progress | None) -> None:
        self._scope = scope
        self._limit = limit
        self._progress = progress
        self._script = Script(scope)
        self._space = self._script.space
        self._seen: set[bytes] = set()
        self._parents = array("q")
        self._taken: list[Choice | None] = []
        self._transitions = 0
        self._depth = 0

    def run(self) -> Explored:
        try:
            self._scope.prologue(self._script)
        except Violation as violation:
            return self._explored(False, violation, story(self._scope, self._space, [], violation))
        frontier = self._admit([], self._script.world, -1, None)
        while frontier:
            found: list[tuple[World, int]] = []
            for world, number in frontier:
                for choice in choices(self._space, self._scope, world):
                    try:
                        self._follow(found, world, number, choice)
                    except Violation as violation:
                        return self._refuted(number, choice, violation)
                if self._limit and len(self._seen) >= self._limit:
                    return self._explored(False)
            self._depth += bool(found)
            frontier = found
            if self._progress is not None:
                self._progress(self._explored(False))
        return self._explored(True)

    def _follow(
        self, found: list[tuple[World, int]], world: World, number: int, choice: Choice
    ) -> None:
        node, event, taken, left = choice
        outcome = self._space.outcome(world.servers[node - 1], event)
        if outcome.server.raft.term > self._scope.terms:
            return
        after = self._space.step(world, node, event, taken, left)
        # A step that changes nothing but what may still happen leads nowhere new. Nor does one that
        # only uses up a message: it could be lost as well.
        if after is not world:
            self._transitions += 1
            self._admit(found, after, number, choice)

    def _admit(
        self, found: list[tuple[World, int]], world: World, parent: int, choice: Choice | None
    ) -> list[tuple[World, int]]:
        digest = self._space.digest(world)
        if digest not in self._seen:
            self._seen.add(digest)
            self._parents.append(parent)
            self._taken.append(choice)
            found.append((world, len(self._parents) - 1))
        return found

    def _refuted(self, number: int, last: Choice, violation: Violation) -> Explored:
        path = [last]
        while (choice := self._taken[number]) is not None:
            path.append(choice)
            number = self._parents[number]
        path.reverse()
        self._depth = len(path)
        return self._explored(False, violation, story(self._scope, self._space, path, violation))

    def _explored(
        self, finished: bool, violation: Violation | None = None, told: str = ""
    ) -> Explored:
        return Explored(len(self._seen), self._transitions, self._depth, finished, violation, told)
