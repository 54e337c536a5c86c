"""Watches that come back too late for the server's history, on etcd and on vard_http."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.processes import Server
from vard_http.client import Client, EventIndexCleared, Result, Resync


@pytest.fixture(scope="session")
def aged(server: Server) -> Iterator[int]:
    """An index that the server's history no longer reaches: it holds 1000 events."""
    with Client(server.endpoint.client_url) as client:
        index = client.get("/").etcd_index
        for number in range(1001):
            client.set("/aged", str(number))
        yield index


def test_a_gap_is_told_with_the_state_and_then_the_events(client: Client, aged: int) -> None:
    client.set("/d/a", "1")
    with client.watch("/d", recursive=True, after_index=aged) as watch:
        gap = next(watch)
        assert isinstance(gap, Resync)
        assert gap.lost_from == aged + 1
        assert gap.node is not None
        assert [(leaf.key, leaf.value) for leaf in gap.node.leaves()] == [("/d/a", "1")]
        later = client.set("/d/b", "2")
        event = next(watch)
        assert isinstance(event, Result)
        assert event.node == later.node
        assert gap.etcd_index < later.etcd_index == watch.index


def test_a_gap_may_be_raised_instead(client: Client, aged: int) -> None:
    watch = client.watch("/d", after_index=aged, on_gap="raise")
    with pytest.raises(EventIndexCleared):
        next(watch)


def test_what_the_history_holds_is_told_event_by_event(client: Client, aged: int) -> None:
    first = client.set("/h", "1")
    client.set("/other", "1")
    client.refresh("/h", ttl=100)
    client.set("/h", "2")
    client.delete("/h")
    watch = client.watch("/h", after_index=first.etcd_index - 1)
    actions = []
    for item in watch:
        assert isinstance(item, Result)
        actions.append((item.action, item.node.value))
        if item.action == "delete":
            break
    assert actions == [("set", "1"), ("set", "2"), ("delete", None)]


def test_a_watch_begins_with_the_moment_of_the_call(client: Client) -> None:
    client.set("/w", "before")
    with client.watch("/w") as watch:
        client.set("/w", "after")
        item = next(watch)
    assert isinstance(item, Result)
    assert item.node.value == "after"
