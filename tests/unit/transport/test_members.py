"""Who is called, who may call, and how a removed server learns of its removal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from vard_http.raft.messages import AnyMessage, TimeoutNow
from vard_http.transport import (
    Handshake,
    HandshakeRefused,
    PeerListener,
    Refusals,
    Transport,
    check,
)

CLUSTER = 0xC


class Server:
    """One end: a transport, and a listener that takes messages and knows who was removed."""

    def __init__(self, me: int) -> None:
        self.me = me
        self.transport = Transport(CLUSTER, me)
        self.received: asyncio.Queue[tuple[int, AnyMessage]] = asyncio.Queue()
        self.removed: frozenset[int] = frozenset()
        self.callers: list[int] = []
        self.url = ""
        self._listener: asyncio.Server | None = None

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        refusals = Refusals()
        self._listener = await loop.create_server(
            lambda: PeerListener(
                lambda source, message: self.received.put_nowait((source, message)),
                self._welcome,
                asyncio.Protocol,
                refusals,
                lambda source, size: None,
            ),
            "127.0.0.1",
            0,
        )
        host, port = self._listener.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"

    async def close(self) -> None:
        await self.transport.close()
        if self._listener is not None:
            self._listener.close()

    async def say(self, to: int) -> None:
        """Send a message, once there is a connection."""
        while self.transport.active_since(to) is None:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.001)
        self.transport.send([(to, TimeoutNow(1))])

    def _welcome(self, handshake: Handshake) -> None:
        check(handshake, cluster_id=CLUSTER, me=self.me, removed=self.removed)
        self.callers.append(handshake.source)
        self.transport.meet(handshake.source, handshake.urls)


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Server, Server]]:
    one, two = Server(1), Server(2)
    await one.listen()
    await two.listen()
    yield one, two
    await one.close()
    await two.close()


async def test_a_server_without_members_answers_who_calls_it(pair: tuple[Server, Server]) -> None:
    old, new = pair
    old.transport.set_peers({1: [old.url], 2: [new.url]})
    await old.say(2)
    assert await new.received.get() == (1, TimeoutNow(1))
    await new.say(1)
    assert await old.received.get() == (2, TimeoutNow(1))


async def test_a_caller_is_forgotten_when_it_is_removed(pair: tuple[Server, Server]) -> None:
    old, new = pair
    old.transport.set_peers({1: [old.url], 2: [new.url]})
    await old.say(2)
    await new.received.get()
    new.transport.set_peers({}, removed=[1])
    assert new.transport.active_since(1) is None


async def test_a_removed_server_is_told_when_it_calls(pair: tuple[Server, Server]) -> None:
    one, two = pair
    told = asyncio.Event()
    one.transport.on_removed = told.set
    two.removed = frozenset({1})
    one.transport.set_peers({2: [two.url]})
    await asyncio.wait_for(told.wait(), 5)


async def test_a_server_that_is_removed_while_connected_is_told(
    pair: tuple[Server, Server],
) -> None:
    one, two = pair
    told = asyncio.Event()
    one.transport.on_removed = told.set
    one.transport.set_peers({2: [two.url]})
    await one.say(2)
    await two.received.get()
    two.removed = frozenset({1})
    await one.say(2)
    await asyncio.wait_for(told.wait(), 5)
    assert two.received.empty()


async def test_a_connection_outlives_a_change_of_urls(pair: tuple[Server, Server]) -> None:
    one, two = pair
    one.transport.set_peers({2: [two.url]})
    await one.say(2)
    since = one.transport.active_since(2)
    one.transport.set_peers({2: ["http://127.0.0.1:9"]})
    await one.say(2)
    assert [await two.received.get() for _ in range(2)] == [(1, TimeoutNow(1))] * 2
    assert one.transport.active_since(2) == since


async def test_new_urls_are_used_when_the_old_ones_fail(pair: tuple[Server, Server]) -> None:
    one, two = pair
    one.transport.set_peers({2: ["http://127.0.0.1:9"]})
    await asyncio.sleep(0)
    one.transport.set_peers({2: [two.url]})
    await one.say(2)
    assert await two.received.get() == (1, TimeoutNow(1))


@pytest.mark.parametrize(
    ("handshake", "status"),
    [
        (Handshake(0xD, 2, 1), 412),
        (Handshake(CLUSTER, 2, 3), 412),
        (Handshake(CLUSTER, 9, 1), 410),
    ],
)
def test_who_is_turned_away(handshake: Handshake, status: int) -> None:
    with pytest.raises(HandshakeRefused) as refused:
        check(handshake, cluster_id=CLUSTER, me=1, removed=frozenset({9}))
    assert refused.value.status == status
