"""What a member does at its limits: data, files, connections, watches, the size of requests."""

from __future__ import annotations

import json
import re
import resource
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.cluster.client import (
    FAILURES,
    applied,
    events,
    get,
    peer_port,
    put,
    value_of,
    wait_until,
    write,
)
from tests.harness.http1 import Response
from tests.harness.processes import Server, StartFailed, start_server
from tests.harness.wire import Connection, open_watch

NO_SPACE = (
    b'{"errorCode":300,"message":"Raft Internal Error",'
    b'"cause":"etcdserver: mvcc: database space exceeded","index":0}\n'
)


@pytest.fixture
def full() -> Iterator[Server]:
    """A member whose quota has just refused a write; /big is most of what it holds."""
    with start_server("vard", ["--quota-backend-bytes=100000"]) as server:
        write(server, "big", "v" * 90_000)
        write(server, "leader", "me", ttl=100)
        with server.connect() as connection:
            refused = put(connection, "more", "v" * 10_000)
        assert refused.status == 500
        assert refused.body == NO_SPACE
        assert refused.head.get("X-Etcd-Index") == "0"
        yield server


def ask(server: Server, method: str, target: str) -> Response:
    with server.connect() as connection:
        return connection.request(method, target)


def test_reads_deletes_and_refreshes_go_on_without_space(full: Server) -> None:
    assert value_of(full, "big", quorum=True) == "v" * 90_000
    assert ask(full, "PUT", "/v2/keys/leader?prevExist=true&refresh=true&ttl=50").status == 200
    assert ask(full, "DELETE", "/v2/keys/leader").status == 200


def test_health_shows_the_alarm_unless_it_is_excluded(full: Server) -> None:
    sick = get(full, "/health")
    assert (sick.status, sick.body) == (503, b'{"health":"false"}\n')
    assert get(full, "/health?exclude=CORRUPT").status == 503
    assert get(full, "/health?exclude=CORRUPT&exclude=NOSPACE").status == 200


def test_what_is_deleted_makes_room_again(full: Server) -> None:
    assert ask(full, "DELETE", "/v2/keys/big").status == 200
    assert get(full, "/health").status == 200
    write(full, "more", "v" * 10_000)


def test_a_refused_write_changes_nothing_even_after_a_restart(full: Server) -> None:
    before = get(full, "/v2/keys/?recursive=true&sorted=true").body
    full.restart()
    after = get(full, "/v2/keys/?recursive=true&sorted=true").body
    assert re.sub(rb'"ttl":\d+', b"", after) == re.sub(rb'"ttl":\d+', b"", before)


def test_the_metrics_tell_how_much_there_is_how_much_may_be_and_the_alarm(full: Server) -> None:
    text = get(full, "/metrics").body.decode()
    assert "\netcd_server_quota_backend_bytes 100000.0\n" in text
    size = re.search(r"^vard_store_size_bytes (\d+)", text, re.MULTILINE)
    assert size is not None
    assert 90_000 < int(size[1]) < 100_000
    assert "\nvard_nospace_alarm 1.0\n" in text


def test_connections_beyond_the_limit_are_closed_until_others_end() -> None:
    with start_server("vard", ["--max-connections=5"]) as server, ExitStack() as stack:
        held = [stack.enter_context(patient(server)) for _ in range(5)]
        with pytest.raises(FAILURES):
            get(server, "/v2/keys")
        assert held[0].request("GET", "/version").status == 200
        with pytest.raises(FAILURES):
            get(server, "/v2/keys")
        held[0].close()
        wait_until(lambda: answers(server), "a place is free")
        assert server.log().count("too many client connections") <= 3


def patient(server: Server) -> Connection:
    """A connection that was let in, even if those before have to be gone first."""
    while True:
        connection = Connection(server.port)
        try:
            connection.request("GET", "/v2/keys")
        except FAILURES:
            connection.close()
        else:
            return connection


def answers(server: Server) -> bool:
    try:
        return get(server, "/v2/keys").status == 200
    except FAILURES:
        return False


def test_the_limit_of_open_files_leaves_some_for_the_member_itself() -> None:
    with Server("vard") as server, ExitStack() as stack:
        server.limits = {resource.RLIMIT_NOFILE: (100, 170)}
        server.start()
        assert json.loads(get(server, "/debug/vars").body)["file_descriptor_limit"] == 170
        for _ in range(300):
            stack.enter_context(Connection(server.port))
        wait_until(lambda: not answers(server), "the crowd is in")
        processor = processor_seconds(server)
        stack.close()
        wait_until(lambda: answers(server), "the crowd has gone")
        assert processor_seconds(server) - processor < 2
        write(server, "k", "v")


def test_a_flood_of_strangers_on_the_peer_port_passes() -> None:
    with Server("vard") as server, ExitStack() as stack:
        server.limits = {resource.RLIMIT_NOFILE: (170, 170)}
        server.start()
        for _ in range(300):
            stack.enter_context(Connection(peer_port(server)))
        wait_until(lambda: not answers(server), "no file is left")
        processor = processor_seconds(server)
        stack.close()
        wait_until(lambda: answers(server), "the strangers have gone")
        assert processor_seconds(server) - processor < 2
        assert applied(server).etcd_index == 3


def processor_seconds(server: Server) -> float:
    with open(f"/proc/{server.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_too_few_open_files_are_refused_at_the_start() -> None:
    with Server("vard") as server:
        server.limits = {resource.RLIMIT_NOFILE: (150, 150)}
        with pytest.raises(StartFailed, match=r"file descriptor limit\[150\]"):
            server.start()


def test_watches_beyond_the_limit_are_refused() -> None:
    with start_server("vard", ["--max-watchers=2"]) as server:
        waiting = [open_watch(server.port, "/v2/keys/k?wait=true&stream=true") for _ in range(2)]
        for watch in waiting:
            watch.wait_head()
        refused = get(server, "/v2/keys/k?wait=true")
        assert refused.status == 500
        assert json.loads(refused.body)["cause"] == "etcdserver: too many watchers"
        write(server, "k", "v")
        assert [len(events(watch, 1)) for watch in waiting] == [1, 1]


def waiting(server: Server) -> int:
    """How many watches wait."""
    return int(json.loads(get(server, "/v2/stats/store").body)["watchers"])


def test_a_watch_whose_client_leaves_16_mib_unread_gets_what_was_sent_and_no_more() -> None:
    value, sent = "v" * (2 << 20), 0
    with start_server("vard") as server:
        watch = open_watch(server.port, "/v2/keys/d?wait=true&stream=true&recursive=true")
        watch.wait_head()
        while waiting(server) and sent < 100:
            write(server, f"d/{sent}", value)
            sent += 1
        assert 8 < sent < 20
        while watch.pump(1.0):
            pass
        told = [json.loads(line)["node"]["key"] for line in watch.body.splitlines()]
        assert told == [f"/d/{number}" for number in range(len(told))]
        assert 8 <= len(told) < sent
        assert not watch.finished


def test_forms_beyond_max_request_bytes_are_refused() -> None:
    with (
        start_server("vard", ["--max-request-bytes=1000"]) as server,
        server.connect() as connection,
    ):
        assert put(connection, "k", "v" * (1000 - len("value="))).status == 201
        refused = put(connection, "k", "v" * (1001 - len("value=")))
        assert refused.status == 400
        assert json.loads(refused.body)["cause"] == "http: POST too large"
        assert connection.request("GET", "/v2/keys/k").status == 200
