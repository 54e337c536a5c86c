"""Doing one seed's steps to two servers and reporting the first difference."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.conformance import vocabulary as words
from tests.conformance.administration import comparable, counts, unequal
from tests.conformance.expiry import GUARD
from tests.conformance.generator import Generator
from tests.conformance.knowledge import Knowledge
from tests.conformance.normaliser import body_difference, raw_difference, response_difference
from tests.conformance.side import Lost, Received, Side, WatchedBody
from tests.conformance.steps import (
    Administer,
    Alone,
    Ask,
    Broken,
    Expecting,
    Expire,
    OpenWatch,
    Step,
    sent,
)
from tests.harness.http1 import Response
from tests.harness.wire import request_bytes

# Watches are compared once both have delivered the same, or after this many seconds.
WATCH_TIMEOUT = 2.0
WATCH_QUIET = 0.03

_SORTED = re.compile(rb"[?&]sorted=(?:1|t|T|true|TRUE|True)[& ]")


# What a story can show of one side.
Shown = Received | WatchedBody | bytes


@dataclass(frozen=True)
class Difference:
    """The first step of a seed to which the servers answered differently."""

    seed: int
    number: int
    step: Step
    what: str
    left: Shown
    right: Shown
    done: tuple[Step, ...] = ()


class _Found(Exception):
    def __init__(self, step: Step, what: str, left: Shown, right: Shown) -> None:
        super().__init__(what)
        self.step, self.what, self.left, self.right = step, what, left, right


@dataclass
class Runner:
    """A pair of servers in equal states, and the watches that are open on both."""

    left: Side
    right: Side
    skip: frozenset[str] = frozenset()
    knowledge: Knowledge = field(default_factory=Knowledge)
    watches: list[OpenWatch] = field(default_factory=list)

    def run(self, seed: int, count: int) -> Difference | None:
        """One seed from an empty tree. After a difference the pair is of no more use."""
        generator = Generator(seed, self.knowledge, self.skip)
        return self.replay(seed, (generator.next() for _ in range(count)))

    def replay(self, seed: int, steps: Iterable[Step]) -> Difference | None:
        """The given steps from an empty tree; each is drawn after the one before was answered."""
        done: list[Step] = []
        try:
            self._reset()
            self._do_all(steps, done)
        except _Found as found:
            return _reported(found, seed, done)
        return None

    def replay_one(self, step: Step) -> Difference | None:
        """One step on whatever is there."""
        try:
            self._do(step)
        except _Found as found:
            return _reported(found, 0, [step])
        return None

    def _do_all(self, steps: Iterable[Step], done: list[Step]) -> None:
        for step in steps:
            done.append(step)
            self._do(step)
        self._settle_watches()

    def _reset(self) -> None:
        """Empties both trees with the same requests."""
        self.knowledge.nodes.clear()
        names = {*words.COMMON_NAMES, *words.HIDDEN_NAMES, *words.ODD_NAMES, GUARD, b"raw"}
        for name in sorted(names | self._listed_names()):
            target = b"/v2/keys/" + name + b"?recursive=true"
            self._ask(Ask("reset", request_bytes("DELETE", target), "DELETE"))
        self._ask(Ask("reset", request_bytes("GET", b"/v2/keys?recursive=true"), "GET"))

    def _listed_names(self) -> set[bytes]:
        listing = Ask("reset", request_bytes("GET", b"/v2/keys"), "GET")
        root, _ = self.left.ask(listing), self.right.ask(listing)
        if not isinstance(root, Response):
            return set()
        nodes = json.loads(root.body)["node"].get("nodes", [])
        return {quote(node["key"][1:], safe="").encode() for node in nodes}

    def _do(self, step: Step) -> None:
        match step:
            case Ask():
                self._ask(step)
            case Alone():
                self._both(step, lambda side: side.alone(step))
            case Expecting():
                self._both(step, lambda side: side.expecting(step))
            case Broken():
                self._broken(step)
            case OpenWatch():
                self._open_watch(step)
            case Expire():
                self._expire(step)
            case Administer():
                self._administer(step)

    def _ask(self, ask: Ask) -> None:
        left, right = self.left.ask(ask), self.right.ask(ask)
        what = _difference(ask, left, right)
        if what is not None and not (ask.method == "HEAD" and self._head_is_right(ask)):
            raise _Found(ask, what, left, right)
        if isinstance(left, Response):
            self.knowledge.observe(ask, left)

    def _head_is_right(self, ask: Ask) -> bool:
        """Whether HEAD differs only because the body it stands for holds times.

        True if the same request as GET has equal answers and each HEAD announced its own.
        """
        as_get = Ask(ask.category, b"GET" + ask.data.removeprefix(b"HEAD"), "GET", ask.key)
        heads = [self.left.ask(ask), self.right.ask(ask)]
        gets = [self.left.ask(as_get), self.right.ask(as_get)]
        if _difference(as_get, *gets) is not None or not all(
            isinstance(answer, Response) and b'"expiration"' in answer.body for answer in gets
        ):
            return False
        return all(_framing(head) == _framing(get) for head, get in zip(heads, gets, strict=True))

    def _both(self, step: Step, act: Callable[[Side], tuple[Received, ...]]) -> None:
        left, right = act(self.left), act(self.right)
        if len(left) != len(right):
            raise _Found(step, "numbers of answers differ", left[-1], right[-1])
        for one, other in zip(left, right, strict=True):
            what = _difference(step, one, other)
            if what is not None:
                raise _Found(step, what, one, other)

    def _broken(self, step: Broken) -> None:
        left, right = self.left.broken(step), self.right.broken(step)
        what = raw_difference(left, right)
        if what is not None:
            raise _Found(step, what, left, right)

    def _open_watch(self, step: OpenWatch) -> None:
        left, right = self.left.open_watch(step), self.right.open_watch(step)
        what = _difference(step, left, right)
        if what is not None:
            raise _Found(step, what, left, right)
        self.watches.append(step)

    def _expire(self, step: Expire) -> None:
        """Does the step and waits for the guard's event; polling would count on one side more."""
        self._ask(step.guard)
        target = step.guard_target + b"?wait=true&waitIndex=%d" % (self.knowledge.index + 1)
        for ask in step.asks:
            self._ask(ask)
        for side in (self.left, self.right):
            gone = side.wait_for(target)
            if not (isinstance(gone, Response) and b'"action":"expire"' in gone.body):
                raise _Found(step, f"{side.name}: the guard did not expire", gone, gone)
        self._ask(Ask(step.category, request_bytes("GET", b"/v2/keys?recursive=true"), "GET"))

    def _administer(self, step: Administer) -> None:
        deadline = time.monotonic() + WATCH_TIMEOUT
        while True:
            left, right = self.left.administer(step), self.right.administer(step)
            what = self._administered_difference(step, left, right)
            if what is None:
                return
            if not counts(step) or time.monotonic() > deadline:
                raise _Found(step, what, left, right)
            time.sleep(0.02)

    def _administered_difference(
        self, step: Administer, left: Received, right: Received
    ) -> str | None:
        if not (isinstance(left, Response) and isinstance(right, Response)):
            return _difference(step, left, right)
        ours = comparable(step, left, self.left.own)
        theirs = comparable(step, right, self.right.own)
        return None if ours == theirs else unequal(ours, theirs)

    def _settle_watches(self) -> None:
        """Compares what all open watches have received, and closes them."""
        for number, step in enumerate(self.watches):
            what = self._watch_difference(number)
            if what is not None:
                left, right = self.left.watched(number), self.right.watched(number)
                raise _Found(step, f"watch: {what}", left, right)
        self.left.close_watches()
        self.right.close_watches()
        self.watches.clear()

    def _watch_difference(self, number: int) -> str | None:
        deadline = time.monotonic() + WATCH_TIMEOUT
        quiet = False
        while True:
            what = _watched_difference(self.left.watched(number), self.right.watched(number))
            if (what is None and quiet) or time.monotonic() > deadline:
                return what
            # The first watch waits for all; the others find everything delivered.
            wait = WATCH_QUIET if number == 0 or what is not None else 0.0
            moved = [side.pump(number, wait) for side in (self.left, self.right)]
            quiet = not any(moved)


def story(difference: Difference, names: tuple[str, str], before: int = 6) -> str:
    """The difference for people: what was sent and what came back, after a few earlier steps."""
    found = difference
    earlier = [step for step in found.done if step is not found.step][-before:]
    lines = [f"seed {found.seed}, step {found.number}: {found.what}"]
    lines += [f"  before: {_short(step)}" for step in earlier]
    lines += [f"  sent ({found.step.category}): {_clip(sent(found.step))}"]
    lines += [f"  {names[0]}: {_show(found.left)}", f"  {names[1]}: {_show(found.right)}"]
    return "\n".join(lines)


def _reported(found: _Found, seed: int, done: list[Step]) -> Difference:
    return Difference(seed, len(done), found.step, found.what, found.left, found.right, tuple(done))


def _difference(step: Step, left: Received, right: Received) -> str | None:
    if isinstance(left, Response) and isinstance(right, Response):
        in_order = isinstance(step, Ask) and _SORTED.search(step.data) is not None
        return response_difference(left, right, any_order=not in_order)
    if isinstance(left, Lost) and isinstance(right, Lost):
        return None if left == right else "failures differ"
    return "only one answered"


def _watched_difference(left: WatchedBody, right: WatchedBody) -> str | None:
    what = body_difference(left.body, right.body, any_order=False)
    if what is None and left.ended != right.ended:
        return "only one has ended"
    return what


def _framing(received: Received) -> tuple[str | None, str | None] | None:
    if not isinstance(received, Response):
        return None
    return received.head.get("Content-Length"), received.head.get("Transfer-Encoding")


def _short(step: Step) -> str:
    data = sent(step)
    line, _, rest = data.partition(b"\r\n")
    body = rest.partition(b"\r\n\r\n")[2]
    return f"[{step.category}] {_clip(line, 160)} {_clip(body, 120) if body else ''}"


def _show(received: Shown) -> str:
    if not isinstance(received, Response):
        return _clip(received, 1500) if isinstance(received, bytes) else str(received)[:3000]
    head = received.head
    lines = [f"{head.version} {head.status} {head.reason}"]
    lines += [f"{name}: {value}" for name, value in head.headers]
    lines += [f"chunks {received.chunks}"] if received.chunks else []
    return "\n    ".join([*lines, _clip(received.body, 1500)])


def _clip(data: bytes, size: int = 600) -> str:
    return repr(data)[1:] if len(data) <= size else repr(data[:size])[1:] + f"… ({len(data)} bytes)"
