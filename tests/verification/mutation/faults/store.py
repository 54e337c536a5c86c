"""Faults of the store: the tree, its events, and who is told of them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from vard_http.store import ClientCache, ClientRequest, Event, Store, vard
from vard_http.store import history as history_module
from vard_http.store.history import EventHistory
from vard_http.store.keyspace import Keyspace
from vard_http.store.tree import Directory, Tree
from vard_http.store.ttl import TTLIndex
from vard_http.store.watch import Watcher, WatcherHub


def find_events_after_the_index_only(patch: pytest.MonkeyPatch) -> None:
    """A watch from an index on does not find the event at that index."""
    original = EventHistory.scan

    def scan(
        history: EventHistory, path: bytes, recursive: bool, since: int, index: int
    ) -> Event | None:
        return original(history, path, recursive, since + 1, index)

    patch.setattr(EventHistory, "scan", scan)


def keep_no_history_in_a_snapshot(patch: pytest.MonkeyPatch) -> None:
    """A store that was restored knows no events from before."""
    original = Store.adopt

    def adopt(store: Store, content: object) -> None:
        original(store, content)  # type: ignore[arg-type]
        store.history = EventHistory()

    patch.setattr(Store, "adopt", adopt)


def tell_watchers_nothing_of_a_snapshot(patch: pytest.MonkeyPatch) -> None:
    """Watchers of a member that gets a snapshot miss what happened meanwhile."""
    patch.setattr(WatcherHub, "notify_missed", lambda hub, event: None)


def forget_events_early(patch: pytest.MonkeyPatch) -> None:
    """The history has fewer than a thousand events."""
    patch.setattr(history_module, "CAPACITY", 900)


def tell_one_shot_watchers_again(patch: pytest.MonkeyPatch) -> None:
    """A watcher that wanted one event is told of the next as well."""
    original = WatcherHub.remove

    def remove(hub: WatcherHub, watcher: Watcher) -> None:
        if watcher.stream:
            original(hub, watcher)

    patch.setattr(WatcherHub, "remove", remove)


def tell_watchers_of_refreshes(patch: pytest.MonkeyPatch) -> None:
    """A refresh is an event for watchers."""

    def publish(store: Store, event: Event) -> Event:
        store.history.add(event)
        store._hub.notify(event)
        return event

    patch.setattr(Store, "_publish", publish)


def take_an_index_for_a_refusal(patch: pytest.MonkeyPatch) -> None:
    """A compare-and-swap that fails moves the index."""
    original = Keyspace.compare_and_swap

    def compare_and_swap(keys: Keyspace, *arguments: object) -> Event:
        keys.index += 1
        event = original(keys, *arguments)  # type: ignore[arg-type]
        keys.index -= 1
        return event

    patch.setattr(Keyspace, "compare_and_swap", compare_and_swap)


def swap_without_comparing(patch: pytest.MonkeyPatch) -> None:
    """A compare-and-swap looks at the index only, and not at the value."""
    original = Keyspace.compare_and_swap

    def compare_and_swap(
        keys: Keyspace, path: bytes, value: bytes, prev_value: bytes, *rest: object
    ) -> Event:
        return original(keys, path, value, b"", *rest)  # type: ignore[arg-type]

    patch.setattr(Keyspace, "compare_and_swap", compare_and_swap)


def expire_what_is_not_due(patch: pytest.MonkeyPatch) -> None:
    """Keys expire a second early."""
    original = TTLIndex.pop_due

    def pop_due(index: TTLIndex, cutoff: int) -> bytes | None:
        return original(index, cutoff + 1_000_000_000)

    patch.setattr(TTLIndex, "pop_due", pop_due)


def expire_ties_in_order_of_writing(patch: pytest.MonkeyPatch) -> None:
    """Keys that are due at one moment go in the order in which they were written."""

    def pop_due(index: TTLIndex, cutoff: int) -> bytes | None:
        due = [(expires, n) for n, expires in enumerate(index._expires.values())]
        if not due or min(due)[0] > cutoff:
            return None
        path = list(index._expires)[min(due)[1]]
        del index._expires[path]
        return path

    patch.setattr(TTLIndex, "pop_due", pop_due)


def dump_what_is_written_meanwhile(patch: pytest.MonkeyPatch) -> None:
    """A snapshot in the making changes with the tree."""

    def freeze(tree: Tree) -> Directory:
        return tree.root

    patch.setattr(Tree, "freeze", freeze)


def carry_out_requests_again(patch: pytest.MonkeyPatch) -> None:
    """A request of a vard client that comes twice is carried out twice."""

    def apply(request: ClientRequest, store: Store) -> None:
        output = vard.handle(
            store, request.operation, request.key, request.value, request.expected, request.now
        )
        store.clients.save(request.client, request.number, output)

    patch.setattr(ClientRequest, "apply", apply)


def keep_no_clients_in_a_snapshot(patch: pytest.MonkeyPatch) -> None:
    """A store that was restored does not know what it answered vard's clients."""
    original = Store.adopt

    def adopt(store: Store, content: object) -> None:
        original(store, content)  # type: ignore[arg-type]
        store.clients = ClientCache()

    patch.setattr(Store, "adopt", adopt)


def never_count_clients_less(patch: pytest.MonkeyPatch) -> None:
    """The cache of vard's clients counts what it has forgotten as if it were still there."""
    patch.setattr(
        ClientCache, "_forget", lambda cache, client: cache._last.pop(client, None) and None
    )


def restore_without_expiries(patch: pytest.MonkeyPatch) -> None:
    """A restored key has its TTL, but does not go when that ends."""
    original = Store.restore

    def restore(store: Store, chunks: Iterable[bytes]) -> None:
        original(store, chunks)
        store._keys.ttl = TTLIndex()

    patch.setattr(Store, "restore", restore)
