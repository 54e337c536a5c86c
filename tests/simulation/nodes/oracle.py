"""What must come of the committed log: the state, the events and the answers."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable

from tests.simulation.checker import require
from vard_http.node.cluster import apply_change
from vard_http.raft import CONFIGURATION, NORMAL, Entry, decode_data
from vard_http.store import Event, Store, StoreError, apply, decode, digest

USER_KEYS = b"/1/"
EXPIRE = "expire"


def told(event: Event) -> tuple[object, ...]:
    """What a client sees of an event."""
    return (event.action, event.path, event.index, event.node, event.prev)


class Reference:
    """A store that applies each committed entry once, in order (checker.Replica).

    `events` are those that watchers of all user keys are to be told, oldest first.
    """

    def __init__(self) -> None:
        self.index = 0
        self.store = Store()
        self.events: list[Event] = []
        self.expired = 0
        self._answers: dict[int, Event] = {}

    @property
    def digest(self) -> Hashable:
        return digest(self.store)

    def apply(self, entry: Entry) -> None:
        before = self.store.index
        if entry.kind == NORMAL:
            with contextlib.suppress(StoreError):
                apply(self.store, decode(entry.data[8:]))
        elif entry.kind == CONFIGURATION:
            apply_change(self.store, decode_data(entry.data).change)
        self.index = entry.index
        for event in self.store.history.since(before + 1):
            self._answers[event.index] = event
            if event.path.startswith(USER_KEYS) and not event.refresh:
                self.events.append(event)
            if event.action == EXPIRE:
                self.expired += 1
                due = event.prev is not None and 0 < event.prev.expires <= event.now
                require(due, "nothing_expires_early", event)

    def answered(self, event: Event) -> None:
        """OutputCorrect: a client was told this of its write."""
        expected = self._answers.get(event.index)
        require(
            expected is not None and told(expected) == told(event),
            "output_correct",
            f"a client is told {event}, the log has {expected}",
        )
