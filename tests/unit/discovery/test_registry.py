"""What is asked of a discovery service, in what order, and what its answers lead to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from vard_http.discovery.client import Client
from vard_http.discovery.errors import ClusterFull, DiscoveryError
from vard_http.discovery.registry import Registry

READ = "quorum=false&recursive=false&sorted=false"
T = "/v2/keys/d/t"
OWN = 0xAB
ANSWER = tuple[int, object]


def node(member: str, index: int, name: str = "", port: int = 0) -> dict[str, Any]:
    value = f"{name or member}=http://h:{port or index}"
    return {"key": f"/d/t/{member}", "value": value, "createdIndex": index, "modifiedIndex": index}


def size(text: str) -> ANSWER:
    return 200, {"node": {"key": "/d/t/_config/size", "value": text}}


def listing(*nodes: dict[str, Any]) -> ANSWER:
    return 200, {"node": {"key": "/d/t", "dir": True, "nodes": list(nodes)}}


def event(one: dict[str, Any]) -> ANSWER:
    return 200, {"node": one}


class Service:
    """Answers in the order given, and remembers what it was asked; X-Etcd-Index is 40."""

    def __init__(self) -> None:
        self.answers: list[ANSWER] = []
        self.asked: list[str] = []
        self.slept: list[float] = []

    async def answer(self, request: web.Request) -> web.Response:
        form = await request.text()
        self.asked.append(f"{request.method} {request.raw_path} {form}".strip())
        status, body = self.answers.pop(0)
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(status=status, text=text, headers={"X-Etcd-Index": "40"})

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def registry(service: Service) -> AsyncIterator[Registry]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield Registry(Client(session, str(server.make_url(T))), OWN, service.sleep)


async def join(registry: Registry) -> dict[str, tuple[str, ...]]:
    async with asyncio.timeout(5):
        return dict(await registry.join("me", ["http://h:1", "http://i:1"]))


async def test_a_member_registers_and_waits_for_the_others(
    service: Service, registry: Registry
) -> None:
    own = {**node("ab", 12), "value": "me=http://h:1,me=http://i:1"}
    service.answers = [
        *(size("3"), listing(node("_config", 3), node("c", 9))),
        *((201, {"node": own}), event(own)),
        *(size("3"), listing(own, node("c", 9))),
        event(node("d", 47)),
    ]
    assert await join(registry) == {
        "c": ("http://h:9",),
        "me": ("http://h:1", "http://i:1"),
        "d": ("http://h:47",),
    }
    reads = [f"GET {T}/_config/size?{READ}", f"GET {T}?{READ}"]
    value = "value=me%3Dhttp%3A%2F%2Fh%3A1%2Cme%3Dhttp%3A%2F%2Fi%3A1"
    assert service.asked == [
        *reads,
        f"PUT {T}/ab?prevExist=false {value}",
        f"GET {T}/ab?recursive=false&wait=true&waitIndex=12",
        *reads,
        f"GET {T}?recursive=true&wait=true&waitIndex=41",
    ]


async def test_a_full_cluster_is_not_registered_with(service: Service, registry: Registry) -> None:
    service.answers = [size("2"), listing(node("c", 9), node("d", 10))]
    with pytest.raises(ClusterFull, match="discovery: cluster is full"):
        await join(registry)
    assert len(service.asked) == 2


async def test_who_registers_too_late_finds_the_cluster_full(
    service: Service, registry: Registry
) -> None:
    own = node("ab", 12)
    service.answers = [
        *(size("1"), listing()),
        *((201, {"node": own}), event(own)),
        *(size("1"), listing(own, node("c", 11))),
    ]
    with pytest.raises(ClusterFull):
        await join(registry)


async def test_who_registered_in_time_ignores_who_did_not(
    service: Service, registry: Registry
) -> None:
    own = node("ab", 12)
    service.answers = [
        *(size("1"), listing()),
        *((201, {"node": own}), event(own)),
        *(size("1"), listing(node("c", 13), own)),
    ]
    assert await join(registry) == {"ab": ("http://h:12",)}


NO_SIZE = {"errorCode": 100, "message": "Key not found", "cause": "/d/t", "index": 6}
EXISTS = {"errorCode": 105, "message": "Key already exists", "cause": "/d/t/ab", "index": 6}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([(404, NO_SIZE)], "100: Key not found (/d/t) [6]"),
        ([size("three")], "discovery: size key is bad"),
        ([size("0")], "discovery: size key is bad"),
        ([(200, "hello")], "discovery: bad discovery endpoint"),
        ([(404, "404 page not found")], "discovery: bad discovery endpoint"),
        ([size("1"), listing(), (412, EXISTS)], "discovery: found duplicate id"),
    ],
)
async def test_answers_that_end_the_start(
    service: Service, registry: Registry, answers: list[ANSWER], reason: str
) -> None:
    service.answers = answers
    with pytest.raises(DiscoveryError) as caught:
        await join(registry)
    assert str(caught.value) == reason
    assert not service.slept


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (node("c", 9, name="me"), "discovery: found duplicate name"),
        ({**node("c", 9), "value": "c=nonsense"}, "discovery: invalid URL"),
    ],
)
async def test_registrations_that_make_no_cluster(
    service: Service, registry: Registry, other: dict[str, Any], reason: str
) -> None:
    own = node("ab", 12, name="me")
    service.answers = [
        *(size("2"), listing(other)),
        *((201, {"node": own}), event(own)),
        *(size("2"), listing(other, own)),
    ]
    with pytest.raises(DiscoveryError) as caught:
        await join(registry)
    assert str(caught.value) == reason


async def test_a_service_without_a_leader_is_asked_again_less_and_less_often(
    service: Service, registry: Registry
) -> None:
    own = node("ab", 12)
    service.answers = [
        *[(503, "")] * 10,
        *(size("1"), listing()),
        *((201, {"node": own}), event(own)),
        *(size("1"), listing(own)),
    ]
    await join(registry)
    assert service.slept == [2, 4, 8, 16, 32, 64, 128, 256, 256, 256]


@pytest.mark.parametrize(
    "lost", [(503, ""), (200, ""), (400, {"errorCode": 401, "message": "outdated", "index": 9})]
)
async def test_a_watch_that_breaks_off_begins_with_a_new_list(
    service: Service, registry: Registry, lost: ANSWER
) -> None:
    own = node("ab", 12)
    service.answers = [
        *(size("2"), listing()),
        *((201, {"node": own}), event(own)),
        *(size("2"), listing(own), lost),
        *(size("2"), listing(own, node("c", 15))),
    ]
    assert set(await join(registry)) == {"ab", "c"}
    assert service.slept == [2]


async def test_one_who_only_looks_takes_those_who_were_in_time(
    service: Service, registry: Registry
) -> None:
    service.answers = [size("1"), listing(node("d", 10), node("c", 9))]
    assert dict(await registry.members()) == {"c": ("http://h:9",)}
    assert len(service.asked) == 2


@pytest.mark.parametrize("through", ["", "http://"], ids=["bare", "with a scheme"])
async def test_requests_go_through_the_discovery_proxy(service: Service, through: str) -> None:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.answer)
    service.answers = [size("1"), listing(node("c", 9))]
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        proxy = f"{through}127.0.0.1:{server.port}"
        client = Client(session, "http://nowhere.invalid/v2/keys/d/t", proxy)
        await Registry(client, 0).members()
    assert service.asked[0] == f"GET http://nowhere.invalid{T}/_config/size?{READ}"


@pytest.mark.parametrize("url", ["ftp://h/t", "h/t", "http:///t"])
async def test_a_url_that_leads_nowhere_is_refused(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(DiscoveryError, match="unsupported protocol scheme"):
            Client(session, url)
