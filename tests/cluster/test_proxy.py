"""Proxies in front of a member: what they answer, beside what etcd's proxy answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Self

import pytest

from tests.cluster.client import get, value_of, wait_until, write
from tests.cluster.test_discovery import start, token
from tests.harness.cluster import running_cluster
from tests.harness.processes import Endpoint, Kind, Server, start_server
from tests.harness.wire import FORM, Connection, Incoming, request_bytes

CONFIG = "/v2/config/local/proxy"
QUICK = "--proxy-refresh-interval=100"


class Proxy(Server):
    """A proxy of the members at `peer_urls`."""

    def __init__(self, kind: Kind, peer_urls: Sequence[str], *flags: str) -> None:
        cluster = ",".join(f"m{number}={url}" for number, url in enumerate(peer_urls))
        super().__init__(kind, Endpoint("p"), initial_cluster=cluster, extra_flags=flags)

    def __enter__(self) -> Self:
        return self

    def serve(self, endpoints: int = 1) -> None:
        """Start, and wait until so many endpoints are known."""
        self.spawn()

        def known() -> bool:
            try:
                return len(json.loads(get(self, CONFIG).body)["endpoints"]) == endpoints
            except OSError:
                assert self.alive, self.log()
                return False

        wait_until(known, f"the proxy knows {endpoints} endpoints")


@contextmanager
def proxy(kind: Kind, member: Server, *flags: str) -> Iterator[Proxy]:
    with Proxy(kind, [member.endpoint.peer_url], *flags) as one:
        one.serve()
        yield one


@pytest.fixture(scope="module")
def member() -> Iterator[Server]:
    with start_server("vard") as server:
        yield server


@pytest.fixture(scope="module")
def forwarding(member: Server) -> Iterator[Proxy]:
    with proxy("vard", member, "--proxy=on") as one:
        yield one


@pytest.fixture(scope="module")
def readonly(member: Server) -> Iterator[Proxy]:
    with proxy("vard", member, "--proxy=readonly") as one:
        yield one


VALUE = b"value=" + b"x" * 3000
HEADERS = {"Content-Type": FORM}
Asked = tuple[str, str, dict[str, str], bytes | None]
REQUESTS: tuple[Asked, ...] = (
    ("GET", "/v2/keys/a", {}, None),
    ("HEAD", "/v2/keys/a", {}, None),
    ("GET", "/v2/keys/a", {"Connection": "close"}, None),
    ("GET", "/v2/keys/a", {"Origin": "http://x"}, None),
    ("GET", "/v2/keys/a%2fb", {}, None),
    ("GET", "/v2/keys/none", {}, None),
    ("DELETE", "/v2/keys/none", {}, None),
    ("PUT", "/v2/keys/none?prevExist=true", HEADERS, VALUE),
    ("PUT", "/v2/keys/none?prevExist=true", {}, None),
    ("GET", "/v2/keys/long", {}, None),
    ("HEAD", "/v2/keys/long", {}, None),
    ("GET", "/v2/keys/a?wait=true&waitIndex=1", {}, None),
    ("GET", "/v2/keys/half?wait=true&waitIndex=1", {}, None),
    ("GET", "/v2/keys/long?wait=true&waitIndex=1", {}, None),
    ("OPTIONS", "/v2/keys/a", {}, None),
    ("GET", "/v2/members", {}, None),
    ("GET", "/v2/machines", {}, None),
    ("POST", "/v2/members", {"Content-Type": "application/json"}, b"{}"),
    ("GET", "/version", {}, None),
    ("GET", "/health", {}, None),
    ("GET", "/nosuch", {}, None),
    ("GET", "//v2/keys", {}, None),
    ("POST", "/v2/../v2/keys", {}, None),
    ("GET", "/v2/keys/a", {"Expect": "much"}, None),
    ("GET", CONFIG, {}, None),
    ("HEAD", CONFIG, {}, None),
    ("POST", CONFIG, {}, None),
    ("GET", f"{CONFIG}/", {}, None),
)


def exchange(server: Server, request: Asked) -> tuple[object, ...]:
    """The answer but for its time; chunks need not have the same sizes."""
    with Connection(server.port) as connection:
        answer = connection.request(*request)
    fields = [(name, "now" if name == "Date" else value) for name, value in answer.head.headers]
    return answer.head.status, answer.head.reason, fields, answer.framing, answer.body


@pytest.mark.etcd
@pytest.mark.parametrize("mode", ["on", "readonly"])
def test_answers_are_those_of_etcds_proxy(mode: str, member: Server) -> None:
    write(member, "a", "1")
    write(member, "half", "y" * 440)
    write(member, "long", "z" * 3000)
    with (
        proxy("etcd", member, f"--proxy={mode}") as theirs,
        proxy("vard", member, f"--proxy={mode}") as ours,
    ):
        for request in REQUESTS:
            assert exchange(ours, request) == exchange(theirs, request), request


def test_writes_and_reads_go_to_the_member(member: Server, forwarding: Proxy) -> None:
    write(forwarding, "through", "the proxy")
    assert value_of(member, "through") == "the proxy"
    assert value_of(forwarding, "through") == "the proxy"


def test_a_long_body_goes_through(member: Server, forwarding: Proxy) -> None:
    value = "v" * 500_000
    write(forwarding, "big", value)
    assert value_of(member, "big") == value
    assert value_of(forwarding, "big") == value


def watchers(server: Server) -> int:
    """How many watches wait at a member."""
    return int(json.loads(get(server, "/v2/stats/store").body)["watchers"])


def test_a_watch_shows_nothing_before_its_event(member: Server, forwarding: Proxy) -> None:
    with forwarding.connect() as connection:
        index = write(member, "watched", "0")
        target = f"/v2/keys/watched?wait=true&waitIndex={index + 1}"
        connection.send(request_bytes("GET", target))
        watch = Incoming(connection, "GET")
        wait_until(lambda: watchers(member) == 1, "the member has the watch")
        assert connection.receive(0.05) is None
        write(member, "watched", "1")
        answer = watch.wait_end()
    assert answer.head.get("Content-Length") == str(len(answer.body))
    assert json.loads(answer.body)["node"]["value"] == "1"


def test_readonly_refuses_all_but_get(member: Server, readonly: Proxy) -> None:
    write(member, "a", "1")
    assert value_of(readonly, "a") == "1"
    for method in ("PUT", "POST", "DELETE", "HEAD", "OPTIONS"):
        with readonly.connect() as connection:
            answer = connection.request(method, "/v2/keys/a")
        assert (answer.status, answer.body) == (501, b"")
    assert value_of(member, "a") == "1"


def test_metrics_are_its_own(forwarding: Proxy) -> None:
    value_of(forwarding, "a")
    text = get(forwarding, "/metrics").body.decode()
    assert re.search(r'^etcd_proxy_requests_total{method="GET"} [1-9]', text, re.MULTILINE)
    assert re.search(r'^etcd_proxy_handling_duration_seconds_count{method="GET"} ', text, re.M)
    assert "etcd_server_has_leader" not in text


def test_the_peers_are_kept(member: Server, forwarding: Proxy) -> None:
    path = forwarding.directory / "data" / "proxy" / "cluster"
    assert json.loads(path.read_bytes()) == {"PeerURLs": [member.endpoint.peer_url]}


def test_a_kept_file_makes_a_proxy_again_and_wins_over_flags(member: Server) -> None:
    with Proxy("vard", ["http://127.0.0.1:1"]) as one:
        directory = one.directory / "data" / "proxy"
        directory.mkdir(parents=True)
        kept = json.dumps({"PeerURLs": [member.endpoint.peer_url]})
        (directory / "cluster").write_text(kept)
        one.serve()
        write(one, "kept", "1")
        assert value_of(member, "kept") == "1"
        assert one.terminate() == -15


UNABLE = b'{"message":"httpproxy: unable to get response from 1 endpoint(s)"}'
ZERO = b'{"message":"httpproxy: zero endpoints currently available"}'


@pytest.mark.parametrize("kind", ["vard", pytest.param("etcd", marks=pytest.mark.etcd)])
def test_without_members_there_are_no_answers(kind: Kind) -> None:
    with start_server("vard") as server, proxy(kind, server, "--proxy=on") as one:
        server.kill()
        first, second = get(one, "/v2/keys/a"), get(one, "/v2/keys/a")
        assert (first.status, first.body) == (502, UNABLE)
        assert (second.status, second.body) == (503, ZERO)
        assert first.head.get("Content-Type") == "application/json"
        assert json.loads(get(one, CONFIG).body) == {"endpoints": []}


def test_members_that_come_back_are_found_again() -> None:
    with start_server("vard") as server, proxy("vard", server, "--proxy=on", QUICK) as one:
        server.kill()
        wait_until(lambda: get(one, "/v2/keys/a").status == 503, "it knows of no endpoint")
        server.start()
        wait_until(lambda: get(one, "/v2/keys").status == 200, "it has found the member again")


def test_who_comes_too_late_to_a_discovered_cluster_is_its_proxy(member: Server) -> None:
    url = token(member, 1)
    with ExitStack() as stack:
        (first,) = start(stack, "vard", url, 1, ["first"])
        first.wait_ready(fresh=True)
        (late,) = start(stack, "vard", url, 1, ["late"])
        wait_until(lambda: "endpoints found" in late.log(), "the late one has become a proxy")
        write(late, "a", "b")
        assert value_of(first, "a") == "b"
        late.kill()
        late.spawn()
        wait_until(lambda: late.log().count("endpoints found") == 2, "it is a proxy again")
        assert value_of(late, "a") == "b"


def test_requests_go_to_another_member_when_one_fails() -> None:
    with running_cluster("vard", 3) as cluster, ExitStack() as stack:
        write(cluster.servers[0], "a", "1")
        peer_urls = [server.endpoint.peer_url for server in cluster.servers]
        proxies = [stack.enter_context(Proxy("vard", peer_urls, "--proxy=on")) for _ in range(4)]
        for one in proxies:
            one.serve(endpoints=3)
        cluster.followers()[0].kill()
        for one in proxies:
            assert [value_of(one, "a") for _ in range(3)] == ["1"] * 3
            assert len(json.loads(get(one, CONFIG).body)["endpoints"]) in (2, 3)
