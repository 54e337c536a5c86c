"""What may happen next in a world, within the bounds of its scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from tests.verification.model.scope import Scope
from tests.verification.model.server import Event, Server
from tests.verification.model.world import Left, Space, World
from vard_http.raft import NOBODY
from vard_http.raft.messages import RequestVote

TIMEOUT = Event("timeout")
HEARTBEAT = Event("heartbeat")
SILENCE = Event("silence")
OVERDUE = Event("transfer overdue")
TURN = Event("turn")
CRASH = Event("crash")
SNAPSHOT = Event("snapshot")


class Choice(NamedTuple):
    """One event at one server; `taken` is the packet it uses up, `left` what may come after."""

    node: int
    event: Event
    taken: int | None
    left: Left


def choices(space: Space, scope: Scope, world: World) -> Iterator[Choice]:
    """All that may happen, crashes within turns included.

    A server that crashes starts again at once: being down for a while is no more than getting no
    messages and no timers, which may happen to a server that is up too. Crashes are tried before
    each write (with all sent that may be sent before it; any of that may be lost) and after the
    turn. A crash between a write and the messages after it is one after the turn, those being lost.
    """
    for choice in _whole(space, scope, world):
        yield choice
        node, event, taken, left = choice
        if left.crashes and not event.hold and event.kind != "crash":
            readies = space.outcome(world.servers[node - 1], event).readies
            spent = left._replace(crashes=left.crashes - 1)
            for ready in range(1, readies + 1):
                yield Choice(node, replace(event, crash_at=ready), taken, spent)


def _whole(space: Space, scope: Scope, world: World) -> Iterator[Choice]:
    """Whole turns, and such that are left open for more events."""
    for choice in _events(space, scope, world):
        yield choice
        if choice.left.holds and choice.event.kind not in ("crash", "turn"):
            spent = choice.left._replace(holds=choice.left.holds - 1)
            yield choice._replace(event=replace(choice.event, hold=True), left=spent)


def _events(space: Space, scope: Scope, world: World) -> Iterator[Choice]:
    left = world.left
    for node in range(1, len(world.servers) + 1):
        server = space.server(world, node)
        for event, budget in _local(scope, world, server):
            if budget is None:
                yield Choice(node, event, None, left)
            elif count := getattr(left, budget):
                yield Choice(node, event, None, left._replace(**{budget: count - 1}))
    yield from _deliveries(space, scope, world)


def _local(scope: Scope, world: World, server: Server) -> Iterator[tuple[Event, str | None]]:
    """What needs no message, and of what it uses one."""
    raft, left = server.raft, world.left
    if server.held:
        yield TURN, None
    yield CRASH, "crashes"
    if raft.last_applied > raft.snapshot_index:
        yield SNAPSHOT, "snapshots"
    if raft.leader_id != NOBODY:
        yield Event("read", number=len(world.floors) + 1), "reads"
    if raft.leader_id != NOBODY and (raft.is_leader or scope.forward):
        data = b"%d" % (scope.bounds.entries - left.entries + 1)
        yield Event("propose", data=data), "entries"
    if not raft.is_leader:
        if raft.term < scope.terms:
            yield TIMEOUT, "timeouts"
        return
    yield HEARTBEAT, "heartbeats"
    yield SILENCE, "silences"
    for change in scope.changes:
        yield Event("change", change=change), "changes"
    for peer in raft.configuration.voters:
        if peer != server.node:
            yield Event("transfer", source=peer), "transfers"
    if raft.state.transferee != NOBODY:
        yield OVERDUE, None


def _deliveries(space: Space, scope: Scope, world: World) -> Iterator[Choice]:
    """Any message may be the next to arrive, and arrive again."""
    left = world.left
    for number in dict.fromkeys(world.network):
        source, target, message = space.packets[number]
        if (source, target) in scope.cut:
            continue
        events = [Event("deliver", source, message)]
        state = space.server(world, target).raft.state
        if isinstance(message, RequestVote) and not state.is_leader and state.lease_holds():
            events.append(Event("deliver", source, message, late=True))
        for event in events:
            yield Choice(target, event, number, left)
            if left.duplicates:
                spent = left._replace(duplicates=left.duplicates - 1)
                yield Choice(target, event, None, spent)
