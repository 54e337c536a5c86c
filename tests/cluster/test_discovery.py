"""Clusters that find themselves through a discovery service, of either kind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import product
from uuid import uuid4

import pytest

from tests.cluster.client import agree, put, value_of, wait_until, write
from tests.cluster.membership import members
from tests.harness.processes import Endpoint, Kind, Server, start_server

KINDS: tuple[Kind, ...] = ("vard", "etcd")


@pytest.fixture(scope="module")
def vard_service() -> Iterator[Server]:
    with start_server("vard") as server:
        yield server


@pytest.fixture(scope="module")
def etcd_service() -> Iterator[Server]:
    with start_server("etcd") as server:
        yield server


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


class Discovering(Server):
    """A member that knows a discovery URL instead of its cluster."""

    def __init__(self, kind: Kind, name: str, url: str, flags: Sequence[str], size: int) -> None:
        super().__init__(kind, Endpoint(name), members=size, extra_flags=flags)
        self._url = url

    def command(self) -> list[str]:
        command = super().command()
        at = command.index("--initial-cluster")
        return [*command[:at], f"--discovery={self._url}", *command[at + 2 :]]


def token(service: Server, size: object) -> str:
    """The URL of a new cluster of `size` members."""
    name = f"discovery/{uuid4().hex}"
    with service.connect() as connection:
        assert put(connection, f"{name}/_config/size", str(size)).status == 201
    return f"{service.endpoint.client_url}/v2/keys/{name}"


def start(
    stack: ExitStack, kind: Kind, url: str, size: int, names: Sequence[str], *flags: str
) -> list[Server]:
    started: list[Server] = []
    for name in names:
        server = stack.enter_context(Discovering(kind, name, url, flags, size))
        server.spawn()
        started.append(server)
    return started


@pytest.mark.parametrize(
    ("service", "kind", "size"),
    [
        pytest.param(service, kind, size, marks=[pytest.mark.etcd] if "etcd" in pair else [])
        for pair, size in product(product(KINDS, KINDS), (1, 3))
        for service, kind in [pair]
        if pair != ("etcd", "etcd")
    ],
)
def test_members_find_each_other(
    request: pytest.FixtureRequest, stack: ExitStack, service: str, kind: Kind, size: int
) -> None:
    url = token(request.getfixturevalue(f"{service}_service"), size)
    names = [f"n{number}" for number in range(size)]
    servers = start(stack, kind, url, size, names)
    for server in servers:
        server.wait_ready(fresh=True)
    write(servers[0], "a", "b")
    assert {member["name"] for member in members(servers[-1])} == set(names)
    assert value_of(servers[-1], "a", quorum=True) == "b"
    if kind == "vard":
        agree(servers)


@pytest.mark.parametrize("kind", ["vard", pytest.param("etcd", marks=pytest.mark.etcd)])
def test_a_discovery_service_may_be_behind_a_proxy(
    vard_service: Server, stack: ExitStack, kind: Kind
) -> None:
    """Nobody knows the host; the service stands in for a proxy, as it takes targets with hosts."""
    _, _, path = token(vard_service, 1).partition("/v2")
    url = f"http://discovery.invalid:1/v2{path}"
    proxy = f"--discovery-proxy=127.0.0.1:{vard_service.port}"
    (server,) = start(stack, kind, url, 1, ["n"], proxy)
    server.wait_ready(fresh=True)
    write(server, "a", "b")


@pytest.mark.etcd
def test_ids_are_those_of_etcd(etcd_service: Server, stack: ExitStack) -> None:
    """Each registers under the id that it then has."""
    url = token(etcd_service, 1)
    (server,) = start(stack, "vard", url, 1, ["n"])
    server.wait_ready(fresh=True)
    with etcd_service.connect() as connection:
        answer = connection.request("GET", "/v2" + url.partition("/v2")[2])
    (registered,) = json.loads(answer.body)["node"]["nodes"]
    assert registered["key"].rpartition("/")[2] == members(server)[0]["id"]
    assert registered["value"] == f"n={server.endpoint.peer_url}"


def test_a_member_with_data_needs_no_discovery_service(
    vard_service: Server, stack: ExitStack
) -> None:
    (server,) = start(stack, "vard", token(vard_service, 1), 1, ["n"])
    server.wait_ready(fresh=True)
    write(server, "a", "kept")
    vard_service.pause()
    try:
        server.restart()
        assert value_of(server, "a") == "kept"
    finally:
        vard_service.resume()


@pytest.mark.parametrize(
    ("size", "flags", "reason"),
    [
        ("three", (), "discovery: size key is bad"),
        (1, ("--discovery-fallback=exit",), "discovery: cluster is full"),
        (3, ("--initial-cluster-state=existing",), "discovery URL should not be set"),
        (3, ("--discovery-proxy=%zz",), 'invalid proxy address "%zz"'),
    ],
)
def test_starts_that_fail(
    vard_service: Server, stack: ExitStack, size: object, flags: tuple[str, ...], reason: str
) -> None:
    url = token(vard_service, size)
    if size == 1:
        start(stack, "vard", url, 1, ["first"])[0].wait_ready(fresh=True)
    (server,) = start(stack, "vard", url, 1, ["n"], *flags)
    assert server.wait_end() == 1
    assert reason in server.log().splitlines()[-1]
    assert not (server.directory / "data").exists()


def test_a_member_that_lost_its_data_is_not_registered_twice(
    vard_service: Server, stack: ExitStack
) -> None:
    (server,) = start(stack, "vard", token(vard_service, 2), 2, ["n"])
    wait_until(lambda: "waiting for 1 more" in server.log(), "it has registered")
    server.kill()
    server.spawn()
    assert server.wait_end() == 1
    assert "discovery: found duplicate id" in server.log().splitlines()[-1]


def test_a_member_that_waits_for_others_can_be_stopped(
    vard_service: Server, stack: ExitStack
) -> None:
    (server,) = start(stack, "vard", token(vard_service, 2), 2, ["n"])
    wait_until(lambda: "waiting for 1 more" in server.log(), "it has registered")
    assert server.terminate() == -15
