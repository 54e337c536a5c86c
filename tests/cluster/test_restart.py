"""What a member still knows after it was stopped and started again."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cluster.client import agree, etcd_index, get, leaves, put, write
from tests.harness.cluster import running_cluster
from tests.harness.processes import Server, start_server


@pytest.fixture
def server() -> Iterator[Server]:
    with start_server("vard") as server:
        yield server


def test_each_start_of_a_single_member_adds_one_to_the_index(server: Server) -> None:
    assert etcd_index(server) == 3
    for index in (4, 5, 6):
        server.restart()
        assert etcd_index(server) == index
    assert write(server, "a", "1") == 7


def test_each_start_of_any_member_of_a_cluster_adds_one_to_the_index() -> None:
    with running_cluster("vard", 3) as cluster:
        assert agree(cluster.servers).etcd_index == 7
        for index, server in enumerate(cluster.servers, 8):
            server.restart()
            assert agree(cluster.servers).etcd_index == index


def test_data_and_the_last_1000_events_survive_a_kill(server: Server) -> None:
    with server.connect() as connection:
        for number in range(1, 1201):
            put(connection, f"k/{number % 10}", str(number))
    before = leaves(server)
    last = etcd_index(server)
    server.restart()
    assert leaves(server) == before
    now = last + 1
    oldest = get(server, f"/v2/keys/k?wait=true&recursive=true&waitIndex={now - 999}")
    event = json.loads(oldest.body)["node"]
    assert (event["modifiedIndex"], event["value"]) == (now - 999, str(now - 999 - 3))
    older = get(server, f"/v2/keys/k?wait=true&recursive=true&waitIndex={now - 1000}")
    assert older.status == 400
    assert json.loads(older.body)["errorCode"] == 401


def test_a_member_takes_a_new_name_and_client_urls_from_its_flags(server: Server) -> None:
    server.extra_flags = ("--advertise-client-urls=http://localhost:1,http://localhost:2",)
    server.restart()
    listed = json.loads(get(server, "/v2/members").body)["members"]
    assert [member["clientURLs"] for member in listed] == [
        ["http://localhost:1", "http://localhost:2"]
    ]
    server.extra_flags = ("--name=renamed",)
    server.restart()
    listed = json.loads(get(server, "/v2/members").body)["members"]
    assert [member["name"] for member in listed] == ["renamed"]


def test_flags_for_a_new_cluster_are_ignored_by_a_member_with_data(server: Server) -> None:
    write(server, "a", "1")
    server.extra_flags = ("--initial-cluster-token=other", "--initial-cluster-state=existing")
    server.restart()
    assert leaves(server)["a"] == ("1", 4)
