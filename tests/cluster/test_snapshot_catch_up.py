"""A member that was away for longer than the log reaches back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.client import agree, events, wait_until, write
from tests.cluster.load import fill, writing
from tests.harness.cluster import Cluster, running_cluster
from tests.harness.processes import Server
from tests.harness.wire import open_watch
from vard_http.node.snapshotting import CATCH_UP_ENTRIES
from vard_http.raft.progress import MAX_INFLIGHT

SNAPSHOT_COUNT = 500
ENOUGH = CATCH_UP_ENTRIES + 2 * SNAPSHOT_COUNT

AT_ONCE = 4
BUFFERED = AT_ONCE * MAX_INFLIGHT
"""Entries that a sleeping member may find in its sockets: messages hold AT_ONCE of them at most."""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with running_cluster("vard", 3, [f"--snapshot-count={SNAPSHOT_COUNT}"]) as cluster:
        yield cluster


def installed(server: Server) -> bool:
    return "snapshot installed" in server.log()


def test_a_member_started_again_catches_up_by_a_snapshot_while_writes_go_on(
    cluster: Cluster,
) -> None:
    away = cluster.followers()[0]
    with writing([server for server in cluster.servers if server is not away], 1) as load:
        away.kill()
        fill(cluster.leader(), "a", ENOUGH)
        away.start()
        wait_until(lambda: installed(away), "a snapshot is installed")
        load.wait_for(20)
    agree(cluster.servers)
    load.assert_kept(cluster.servers)
    away.restart()
    agree(cluster.servers)


def test_a_member_that_slept_gets_a_snapshot_of_many_chunks_and_ends_watches_with_a_hole(
    cluster: Cluster,
) -> None:
    leader, away = cluster.leader(), cluster.followers()[0]
    big = "v" * 100_000
    for number in range(20):
        write(leader, f"big/{number}", big)
    target = "/v2/keys/watched?wait=true&stream=true"
    watch, later = open_watch(away.port, target), open_watch(away.port, f"{target}&waitIndex=99999")
    away.pause()
    fill(leader, "a", ENOUGH + BUFFERED, at_once=AT_ONCE)
    away.resume()
    wait_until(lambda: installed(away), "a snapshot is installed")
    agree(cluster.servers)
    ended = watch.wait_end()
    assert (ended.status, ended.body) == (200, b"")
    assert not later.finished
    later.connection.close()
    watch = open_watch(away.port, target)
    index = write(leader, "watched", "after")
    event = events(watch, 1)[0]
    assert (event["node"]["value"], event["node"]["modifiedIndex"]) == ("after", index)
    watch.connection.close()
