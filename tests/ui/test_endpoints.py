"""What stands below /ui, asked as the page asks it, of one node in this process."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.harness.http1 import Head
from tests.harness.processes import start_server
from tests.unit.api.support import listening, make_service, running_node
from tests.unit.node.support import until
from vard_http.api.service import Service
from vard_http.node import Node
from vard_http.ui import PREFIX, Page
from vard_http.ui import events as events_module
from vard_http.ui.files import FILES

GUARD = {"X-Vard-UI": "1"}


class Member:
    """A node that serves the page."""

    def __init__(self, node: Node, port: int, session: aiohttp.ClientSession) -> None:
        self.node = node
        self.url = f"http://127.0.0.1:{port}"
        self.session = session

    async def ask(
        self,
        path: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        data: Any = None,
    ) -> tuple[int, Any]:
        async with self.session.request(
            method, f"{self.url}{path}", headers=headers, data=data
        ) as answer:
            text = await answer.text()
        return answer.status, json.loads(text) if text.startswith(("{", "[")) else text

    async def put(self, key: str, value: str = "x", **form: str) -> None:
        status, _ = await self.ask(f"/v2/keys{quote(key)}", "PUT", data={"value": value, **form})
        assert status in (200, 201)


@pytest.fixture
async def member() -> AsyncIterator[Member]:
    async with running_node() as node, aiohttp.ClientSession() as session:
        service = make_service(node)
        service.mount(PREFIX, Page(service.hosts).answer)
        async with listening(service, "lane") as port:
            yield Member(node, port, session)


def keys(listed: Any) -> list[str]:
    return [node["key"] for node in listed["nodes"]]


async def test_the_page_and_its_files_are_small_and_from_here(member: Member) -> None:
    async with member.session.get(f"{member.url}/ui") as answer:
        page = await answer.text()
    assert answer.status == 200
    assert answer.content_type == "text/html"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert re.findall(r"(?:src|href)=\"(?!/ui/|#)", page) == []
    assert sum(len(file.body) for file in FILES.values()) + len(page) < 100 << 10
    for name in FILES:
        assert (await member.ask(f"/ui/{name.decode()}"))[0] == 200


async def test_the_policy_names_the_members_client_urls(member: Member) -> None:
    urls = [url for each in member.node.cluster.members.values() for url in each.client_urls]
    async with member.session.get(f"{member.url}/ui/") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert urls
    assert f"connect-src 'self' {' '.join(urls)};" in policy


async def test_status_tells_the_state_of_raft_and_of_the_store(member: Member) -> None:
    await member.put("/a")
    _, status = await member.ask("/ui/status")
    node = member.node
    assert status["role"] == "Leader"
    assert status["id"] == status["leader"]
    assert status["term"] == node.term
    assert status["commit"] == status["applied"] == node.applied
    assert status["store"]["index"] == node.store.index
    assert status["received"]["PUT"] == 1
    assert sum(status["seconds"]["counts"]["PUT"]) == 1
    assert sum(status["fsync"]["counts"]) > 0
    assert status["leaders"][-1][1:] == [node.term, status["id"]]
    assert [each["id"] for each in status["members"]] == [status["id"]]
    assert status["auth"] is False


async def test_asking_for_the_status_counts_as_nothing(member: Member) -> None:
    before = member.node.store.stats_json()
    for _ in range(3):
        await member.ask("/ui/status")
    assert member.node.store.stats_json() == before


async def test_a_directory_is_told_a_page_at_a_time(member: Member) -> None:
    for number in range(5):
        await member.put(f"/d/k{number}", "v" * 200 * number)
    await member.put("/d/_hidden")
    await member.put("/d/sub/leaf")
    _, first = await member.ask("/ui/tree/d?limit=4")
    _, rest = await member.ask("/ui/tree/d?limit=4&after=k3")
    assert keys(first) == ["/d/k0", "/d/k1", "/d/k2", "/d/k3"]
    assert (first["more"], first["count"]) == (True, 7)
    assert keys(rest) == ["/d/k4", "/d/sub"]
    assert rest["more"] is False
    assert rest["nodes"][0]["bytes"] == 800
    assert rest["nodes"][0]["value"] == "v" * 160
    assert rest["nodes"][1]["dir"] is True


@pytest.mark.parametrize("limit", ["", "0", "x", "-1", "9" * 5000])
async def test_a_limit_that_makes_no_sense_is_none(member: Member, limit: str) -> None:
    await member.put("/d/k")
    assert keys((await member.ask(f"/ui/tree/d?limit={limit}"))[1]) == ["/d/k"]


@pytest.mark.parametrize(("path", "code"), [("/ui/tree/none", 100), ("/ui/tree/file", 104)])
async def test_what_is_no_directory_is_refused_as_by_v2(
    member: Member, path: str, code: int
) -> None:
    await member.put("/file")
    assert (await member.ask(path))[1]["errorCode"] == code


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=LEAF", ["/a/b/leaf", "/a/leaf"]),
        ("q=needle", []),
        ("q=needle&values=true", ["/z"]),
        ("q=leaf&limit=1", ["/a/leaf"]),
    ],
)
async def test_a_search_finds_paths_and_if_wanted_values(
    member: Member, query: str, found: list[str]
) -> None:
    for key, value in (("/a/b/leaf", "1"), ("/a/leaf", "2"), ("/_x/leaf", "3"), ("/z", "a Needle")):
        await member.put(key, value)
    _, listed = await member.ask(f"/ui/search?{query}")
    assert keys(listed) == found
    assert listed["more"] is ("limit" in query)


async def test_events_come_in_batches_and_none_twice(member: Member) -> None:
    _, start = await member.ask("/ui/events")
    for number in range(3):
        await member.put(f"/e{number}")
    await member.put("/_hidden")
    _, batch = await member.ask(f"/ui/events?after={start['index']}")
    assert [event["node"]["key"] for event in batch["events"]] == ["/e0", "/e1", "/e2"]
    waiting = asyncio.create_task(member.ask(f"/ui/events?after={batch['index']}"))
    await until(lambda: member.node.store.watchers == 1)
    await member.put("/e3")
    _, late = await waiting
    assert [event["node"]["key"] for event in late["events"]] == ["/e3"]
    assert late["index"] == member.node.store.index
    assert member.node.store.watchers == 0


async def test_events_of_one_directory_leave_out_the_others(member: Member) -> None:
    _, start = await member.ask("/ui/events/d")
    for key in ("/d/a", "/dd", "/d/b", "/c"):
        await member.put(key)
    _, batch = await member.ask(f"/ui/events/d?after={start['index']}")
    assert [event["node"]["key"] for event in batch["events"]] == ["/d/a", "/d/b"]


async def test_events_that_the_history_has_lost_are_told_as_missed(member: Member) -> None:
    for number in range(1100):
        await member.put(f"/e{number}")
    _, batch = await member.ask("/ui/events?after=5")
    assert batch["missed"] is True
    assert len(batch["events"]) == 1000


async def test_nothing_happens_and_the_index_stays(
    member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "WAIT_SECONDS", 0.01)
    ahead = member.node.store.index + 10
    _, batch = await member.ask(f"/ui/events?after={ahead}")
    assert batch == {"index": ahead, "missed": False, "events": []}


async def test_keys_and_members_are_relayed_as_v2_answers(member: Member) -> None:
    _, made = await member.ask("/ui/v2/keys/a", "PUT", GUARD, {"value": "1"})
    assert made["action"] == "set"
    assert await member.ask("/ui/v2/keys/a?quorum=true") == await member.ask("/v2/keys/a")
    assert await member.ask("/ui/v2/members") == await member.ask("/v2/members")
    status, refused = await member.ask("/ui/v2/keys/a?prevIndex=1", "PUT", GUARD, {"value": "2"})
    assert (status, refused["errorCode"]) == (412, 101)


@pytest.mark.parametrize(
    "path", ["/ui/v2/auth/users", "/ui/v2/stats/self", "/ui/nothing", "/ui/v2/keysx", "/ui2"]
)
async def test_nothing_else_is_there(member: Member, path: str) -> None:
    assert (await member.ask(path))[0] == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [("", 503), ('{"to":"2"}', 404), ("{", 400), ('{"to":"x"}', 400), ('{"who":"1"}', 400)],
)
async def test_a_leader_that_cannot_move_says_why(member: Member, body: str, status: int) -> None:
    assert (await member.ask("/ui/leader", "POST", GUARD, body))[0] == status
    assert member.node.is_leader


async def test_etcds_rules_of_auth_hold(member: Member) -> None:
    root = {"Authorization": "Basic cm9vdDpzZWNyZXQ=", **GUARD}
    for key in ("/open/a", "/secret/a"):
        await member.put(key)
    for path, body in (
        ("users/root", {"user": "root", "password": "secret"}),
        ("enable", {}),
        ("roles/guest", {"role": "guest", "revoke": {"kv": {"read": ["/*"], "write": ["/*"]}}}),
        ("roles/guest", {"role": "guest", "grant": {"kv": {"read": ["/open*"]}}}),
    ):
        status, _ = await member.ask(f"/v2/auth/{path}", "PUT", root, json.dumps(body))
        assert status < 300
    assert (await member.ask("/ui/status"))[1]["auth"] is True
    for path in ("tree{}", "search{}?q=a", "events{}"):
        assert (await member.ask("/ui/" + path.format("/open")))[0] == 200, path
        for key in ("", "/secret"):
            assert (await member.ask("/ui/" + path.format(key)))[0] == 401, path
            assert (await member.ask("/ui/" + path.format(key), headers=root))[0] == 200, path
    for method, path in (
        ("PUT", "v2/keys/open/a"),
        ("DELETE", "v2/members/1"),
        ("POST", "leader"),
    ):
        assert (await member.ask(f"/ui/{path}", method, GUARD))[0] == 401, path
    assert (await member.ask("/ui/leader", "POST", root))[0] == 503


async def test_hosts_that_are_not_listed_are_refused_as_everywhere() -> None:
    async with running_node() as node, aiohttp.ClientSession() as session:
        service = make_service(node, hosts=("ui.example",))
        service.mount(PREFIX, Page(service.hosts).answer)
        async with listening(service, "lane") as port:
            member = Member(node, port, session)
            for path in ("/ui", "/ui/status"):
                assert (await member.ask(path))[0] == 421
                assert (await member.ask(path, headers={"Host": "ui.example"}))[0] == 200


async def test_without_v2_the_page_shows_the_cluster_alone() -> None:
    async with running_node() as node, aiohttp.ClientSession() as session:
        service: Service = make_service(node, v2=False)
        service.mount(PREFIX, Page(service.hosts).answer)
        async with listening(service, "lane") as port:
            member = Member(node, port, session)
            assert (await member.ask("/ui/status"))[1]["v2"] is False
            for path in ("v2/keys", "v2/members", "tree", "search?q=a", "events"):
                assert (await member.ask(f"/ui/{path}"))[0] == 404, path


def undated(head: Head) -> list[tuple[str, str]]:
    return [(name, value) for name, value in head.headers if name != "Date"]


def test_switched_off_it_is_as_if_there_had_never_been_a_page() -> None:
    with start_server("vard", ["--enable-ui=false"]) as server, server.connect() as connection:
        for method in ("GET", "POST", "OPTIONS"):
            for path in ("/ui", "/ui/status"):
                off = connection.request(method, path)
                assert off.status == (200 if method == "OPTIONS" else 404)
                nothing = connection.request(method, "/nothing")
                assert off.body == nothing.body
                assert undated(off.head) == undated(nothing.head)
