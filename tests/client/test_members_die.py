"""Watches of a cluster whose members are killed and stopped."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator

import pytest

from tests.client.clients import Manner, opened
from tests.harness.cluster import Cluster, running_cluster
from tests.harness.processes import Server
from vard_http.client import Client, ClusterUnavailable, Item, OutcomeUnknown, Result, watching


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster("vard", 3) as cluster:
        yield cluster


def urls(*servers: Server) -> list[str]:
    return [server.endpoint.client_url for server in servers]


class Writer(threading.Thread):
    """Creates files in order until it is told to stop; what failed it does not write again.

    Fifty a second, so that the history of 1000 outlasts the start of a member.
    """

    def __init__(self, endpoints: list[str], directory: str) -> None:
        super().__init__()
        self.written: list[str] = []
        self.enough = threading.Event()
        self._endpoints = endpoints
        self._directory = directory

    def run(self) -> None:
        with Client(self._endpoints, timeout=2.0) as client:
            for number in itertools.count():
                with contextlib.suppress(OutcomeUnknown, ClusterUnavailable):
                    self.written.append(
                        client.create_in_order(self._directory, str(number)).node.key
                    )
                if self.enough.wait(0.02):
                    return


def take(watch: Iterator[Item], count: int) -> list[str]:
    """The keys of the next events, none of which may be missing."""
    keys = []
    for item in itertools.islice(watch, count):
        assert isinstance(item, Result), item
        keys.append(item.node.key)
    return keys


def test_no_event_is_lost_or_told_twice_when_members_are_killed(
    cluster: Cluster, manner: Manner
) -> None:
    """The watched member is killed while it leads, and the next one after it."""
    directory = f"/killed-{manner}"
    leader = cluster.leader()
    members = [leader, *cluster.followers()]
    writer = Writer(urls(*members[1:], leader), directory)
    with (
        opened(manner, urls(*members)) as client,
        client.watch(directory, recursive=True) as watch,
    ):
        writer.start()
        seen = take(watch, 20)
        leader.kill()
        seen += take(watch, 50)
        leader.start()
        members[1].kill()
        seen += take(watch, 50)
        members[1].start()
        writer.enough.set()
        writer.join()
        files = [file.key for file in client.get(directory, sorted=True, quorum=True).node.nodes]
        last = client.set(f"{directory}/last", "").node.key
        seen += take(watch, len(files) - len(seen) + 1)
    assert seen == [*files, last]
    assert set(writer.written) <= set(files)


def test_a_member_that_hangs_does_not_keep_events_back(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "CHECK_SECONDS", 0.3)
    cluster.leader()
    follower, other = cluster.followers()
    with (
        Client(urls(follower, other), timeout=0.5) as client,
        Client(urls(other)) as writer,
        client.watch("/hangs") as watch,
    ):
        first = writer.set("/hangs", "1").node
        item = next(watch)
        assert isinstance(item, Result)
        assert item.node == first
        follower.pause()
        try:
            second = writer.set("/hangs", "2").node
            item = next(watch)
        finally:
            follower.resume()
    assert isinstance(item, Result)
    assert item.node == second


def test_endpoints_are_learnt_from_one_member(cluster: Cluster, manner: Manner) -> None:
    with opened(manner, urls(cluster.servers[0])) as client:
        assert set(client.sync()) == set(client.endpoints) == set(urls(*cluster.servers))
