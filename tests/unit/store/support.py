"""What the tests of the store share: a fixed time, short ways to write, and random commands."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from vard_http.store import (
    ClientRequest,
    Command,
    CompareAndDelete,
    CompareAndSwap,
    Create,
    Delete,
    Event,
    QuorumGet,
    Set,
    Store,
    StoreError,
    Sync,
    Update,
    Watcher,
    apply,
)

SECOND = 1_000_000_000
NOW = 1_764_000_000 * SECOND
"""2025-11-24T16:00:00Z"""


def store_with(*files: bytes, directories: tuple[bytes, ...] = ()) -> Store:
    """A store in which each file was set to `v`, then each directory made."""
    store = Store()
    for path in files:
        store.set(path, b"v", now=NOW)
    for path in directories:
        store.set(path, b"", directory=True, now=NOW)
    return store


def shown(event: Event) -> dict[str, Any]:
    """The body of an event, parsed."""
    body: dict[str, Any] = json.loads(event.to_json())
    return body


def keys(event: Event) -> list[str]:
    """The keys of all nodes in a listing, the listed directory left out, in order."""

    def below(node: dict[str, Any]) -> list[str]:
        return [key for child in node.get("nodes", []) for key in (child["key"], *below(child))]

    return below(shown(event)["node"])


class Heard:
    """A receiver of events that remembers them and takes `room` of them."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.events: list[Event] = []
        self.room = room

    def __call__(self, event: Event) -> bool:
        if len(self.events) == self.room:
            return False
        self.events.append(event)
        return True

    @property
    def told(self) -> list[tuple[str, bytes]]:
        return [(event.action, event.path) for event in self.events]


def watch(
    store: Store, path: bytes, *, recursive: bool = False, stream: bool = False, since: int = 0
) -> tuple[Heard, Watcher]:
    """A watch together with what it hears."""
    heard = Heard()
    watcher = store.watch(path, recursive=recursive, stream=stream, since=since, deliver=heard)
    return heard, watcher


def run(store: Store, commands: list[Command]) -> None:
    """Apply commands, refused ones included."""
    for command in commands:
        try:
            apply(store, command)
        except StoreError:
            continue


_times = st.integers(NOW, NOW + 10 * SECOND)
_paths = st.lists(st.sampled_from([b"a", b"b", b"_h", b"\xff"]), min_size=1, max_size=3).map(
    lambda names: b"/1/" + b"/".join(names)
)
_values = st.binary(max_size=4)
_expiries = st.none() | _times
_flags = st.booleans()
_indexes = st.integers(0, 20)

client_requests: st.SearchStrategy[ClientRequest] = st.builds(
    ClientRequest,
    _times,
    st.sampled_from((b"1" * 16, b"2" * 16)),
    st.integers(0, 3),
    st.sampled_from(("get", "put", "del", "cas", "cad")),
    st.sampled_from((b"a", b"b", b"/a//b", b"a/b/a", b"/")),
    st.sampled_from((b"", b"x", b"y", b"-")),
    st.none() | st.sampled_from((b"x", b"y")),
)
"""What two clients of vard's protocol ask, now and then twice."""

commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(Set, _times, _paths, _values, _flags, _expiries, _flags),
    st.builds(Create, _times, _paths, _values, _flags, _flags, _expiries),
    st.builds(Update, _times, _paths, st.just(b"") | _values, _expiries, _flags),
    st.builds(
        CompareAndSwap, _times, _paths, _values, st.none() | _values, _indexes, _expiries, _flags
    ),
    st.builds(Delete, _times, _paths, _flags, _flags),
    st.builds(CompareAndDelete, _times, _paths, st.none() | _values, _indexes),
    st.builds(QuorumGet, _times, _paths, _flags, _flags),
    st.builds(Sync, _times),
    client_requests,
)
"""Any command on a few paths that get in each other's way."""
