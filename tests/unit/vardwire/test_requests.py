"""What becomes of requests when leaders change, and who may ask."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.unit.api.support import running_node
from tests.unit.node.support import (
    PATIENCE,
    Network,
    make_node,
    new_storage,
    propose,
    put,
    settled,
    until,
)
from vard_http.node import Node
from vard_http.raft import InstallSnapshot, Settings
from vard_http.storage import open_storage
from vard_http.store import Set
from vard_http.vardwire.codec import Request
from vard_http.vardwire.requests import Requests

ALICE = b"a" * 16

UNHURRIED = Settings(heartbeat_interval=25, election_timeout=250)
"""On a busy machine, leaders stay leaders."""


def ask(requests: Requests, request: Request) -> asyncio.Future[bytes | None]:
    """A future of the text that answers, b"" for none, None for a connection that is closed."""
    answered: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
    requests.ask(
        ALICE, request, lambda frame: answered.set_result(None if frame is None else frame[4:])
    )
    return answered


class Trio:
    """Three nodes, and the requests of each."""

    def __init__(self, directory: Path, *, patience: float = PATIENCE) -> None:
        self.network = Network()
        self.nodes = [
            make_node(
                new_storage(directory / f"{me}", me, 3),
                self.network,
                settings=UNHURRIED,
                patience=patience,
                snapshot_count=50,
                catch_up_entries=5,
            )
            for me in (1, 2, 3)
        ]
        self.requests = {node.me: Requests(node) for node in self.nodes}

    @property
    def leader(self) -> Node:
        return max((node for node in self.nodes if node.is_leader), key=lambda node: node.term)

    def others(self, node: Node) -> list[Node]:
        return [each for each in self.nodes if each is not node]

    async def ask_leader(self, request: Request) -> bytes | None:
        """The answer of the leader of the latest term."""
        while True:
            await until(lambda: any(node.is_leader for node in self.nodes))
            answer = await ask(self.requests[self.leader.me], request)
            if answer is not None and not answer.startswith(b"NotLeader"):
                return answer

    async def another_leader(self, before: Node) -> Node:
        """Cut the leader off until another one is there."""
        self.network.cut.add(before.me)
        await until(lambda: any(node.is_leader for node in self.others(before)))
        return next(node for node in self.others(before) if node.is_leader)


@pytest_asyncio.fixture
async def trio(tmp_path: Path) -> AsyncIterator[Trio]:
    trio = Trio(tmp_path)
    for node in trio.nodes:
        node.start()
    await settled(*trio.nodes)
    yield trio
    trio.network.cut.clear()
    for node in trio.nodes:
        await node.stop()


async def test_only_the_leader_serves(trio: Trio) -> None:
    leader = trio.leader
    answers = [await ask(trio.requests[node.me], Request(3, "get", b"a")) for node in trio.nodes]
    assert answers == [
        b"Response 3 a - -" if node is leader else b"NotLeader 3" for node in trio.nodes
    ]


async def test_a_leader_that_hands_over_takes_nothing_more(trio: Trio) -> None:
    old = trio.leader
    old.raft.transfer_leadership()
    assert await ask(trio.requests[old.me], Request(1, "put", b"a", b"x")) == b"NotLeader 1"
    await until(lambda: not old.is_leader)
    assert await trio.ask_leader(Request(1, "get", b"a")) == b"Response 1 a - -"


async def test_a_request_that_was_lost_with_the_leadership_is_not_carried_out(trio: Trio) -> None:
    old = trio.leader
    trio.network.cut.add(old.me)
    waiting = ask(trio.requests[old.me], Request(1, "put", b"a", b"x"))
    new = await trio.another_leader(old)
    await propose(new)
    assert not waiting.done()
    trio.network.cut.clear()
    assert await waiting == b"NotLeader 1"
    assert await trio.ask_leader(Request(1, "put", b"a", b"x")) == b"Response 1 a x -"


async def test_a_request_that_outlived_the_leadership_is_answered_and_once(trio: Trio) -> None:
    old = trio.leader
    waiting = ask(trio.requests[old.me], Request(1, "cas", b"a", b"x"))
    await asyncio.sleep(0)  # the turn in which the request is appended and sent
    new = await trio.another_leader(old)
    assert await trio.ask_leader(Request(1, "cas", b"a", b"x")) == b"Response 1 a x -"
    await propose(new, put(b"y", b"/1/a"))
    trio.network.cut.clear()
    assert await waiting == b"Response 1 a x -"
    assert await trio.ask_leader(Request(1, "cas", b"a", b"x")) == b"Response 1 a x -"
    assert await trio.ask_leader(Request(2, "get", b"a")) == b"Response 2 a y y"


@pytest.mark.parametrize("retried", [False, True])
async def test_a_snapshot_tells_what_became_of_a_request(trio: Trio, retried: bool) -> None:
    old = trio.leader
    trio.network.cut.add(old.me)
    waiting = ask(trio.requests[old.me], Request(1, "put", b"a", b"x"))
    new = await trio.another_leader(old)
    if retried:
        await trio.ask_leader(Request(1, "put", b"a", b"x"))
    for _ in range(6):
        await asyncio.gather(*(propose(new) for _ in range(20)))
    await until(lambda: new.raft.snapshot_index > old.raft.state.log.last_index + 5)
    trio.network.cut.clear()
    assert await waiting == (b"Response 1 a x -" if retried else b"NotLeader 1")
    assert any(isinstance(message, InstallSnapshot) for _, _, message in trio.network.sent)
    assert old.store.clients.entries() == new.store.clients.entries()


async def test_without_a_quorum_the_connection_is_closed_in_the_end(tmp_path: Path) -> None:
    trio = Trio(tmp_path, patience=1)
    for node in trio.nodes:
        node.start()
    await settled(*trio.nodes)
    leader = trio.leader
    trio.network.cut.update(node.me for node in trio.nodes)
    assert await ask(trio.requests[leader.me], Request(1, "get", b"a")) is None
    trio.network.cut.clear()
    for node in trio.nodes:
        await node.stop()


async def test_outputs_are_remembered_over_a_restart(tmp_path: Path) -> None:
    for life in range(3):
        storage = (
            new_storage(tmp_path / "data") if life == 0 else open_storage(tmp_path / "data", None)
        )
        node = make_node(storage, snapshot_count=10)
        node.start()
        await settled(node)
        assert await ask(Requests(node), Request(7, "cas", b"a", b"x")) == b"Response 7 a x -"
        if life == 1:
            await asyncio.gather(*(propose(node) for _ in range(20)))
            await until(lambda node=node: node.raft.snapshot_index > 10)  # type: ignore[misc]
        await node.stop()


async def test_requests_need_the_rights_of_a_guest(tmp_path: Path) -> None:
    async with running_node() as node:
        role = {"role": "guest", "permissions": {"kv": {"read": ["/*"], "write": ["/open/*"]}}}
        for path, value in (
            (b"/2/roles/guest", json.dumps(role).encode()),
            (b"/2/enabled", b"true"),
        ):
            await propose(node, Set(0, path, value))
        requests = Requests(node)
        answers = [
            await ask(requests, Request(1, "get", b"a")),
            await ask(requests, Request(2, "put", b"a", b"x")),
            await ask(requests, Request(3, "put", b"//open/a", b"x")),
        ]
        await propose(node, Set(0, b"/2/roles/guest", b'{"role":"guest"}'))
        answers.append(await ask(requests, Request(4, "get", b"a")))
    refused = b"it requires user authentication"
    assert answers == [
        b"Response 1 a - -",
        b"Error 2 a: " + refused,
        b"Response 3 //open/a x -",
        b"Error 4 a: " + refused,
    ]


async def test_writes_that_find_no_space_are_refused() -> None:
    async with running_node() as node:
        requests = Requests(node)
        await ask(requests, Request(1, "put", b"a", b"x"))
        node.quota.limit = node.store.size
        answers = [
            await ask(requests, Request(2, "put", b"b", b"y")),
            await ask(requests, Request(3, "cas", b"a", b"y", b"x")),
            await ask(requests, Request(4, "get", b"a")),
            await ask(requests, Request(5, "del", b"a")),
        ]
    assert answers == [
        b"Error 2 b: there is no space left",
        b"Error 3 a: there is no space left",
        b"Response 4 a x x",
        b"Response 5 a - x",
    ]
