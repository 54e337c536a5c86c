"""One connection: who it is, what it asks, and when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from tests.unit.api.support import running_node
from tests.unit.node.support import until
from tests.unit.vardwire.support import ALICE, BOB, Caller, framed
from vard_http.node import Node
from vard_http.vardwire import VardClients
from vard_http.vardwire.codec import MAX_FRAME
from vard_http.vardwire.session import BURST, MAX_WAITING


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    async with running_node() as node:
        yield node


@pytest_asyncio.fixture
async def clients(node: Node) -> AsyncIterator[VardClients]:
    clients = VardClients(node, limit=10, patience=0.2)
    yield clients
    clients.close()


async def answers(caller: Caller, count: int = 1) -> list[bytes]:
    heard: list[bytes] = []

    def enough() -> bool:
        heard.extend(caller.heard())
        return len(heard) >= count or caller.line.closed

    await until(enough)
    return heard


async def test_requests_are_answered_in_order(clients: VardClients) -> None:
    caller = Caller(clients)
    caller.send(
        b"0 GET a - -",
        b"1 PUT a x -",
        b"2 CAS a x y",
        b"3 CAD a x -",
        b"4 DEL a - -",
        b"9 GET a - -",
    )
    assert await answers(caller, 6) == [
        b"Response 0 a - -",
        b"Response 1 a x -",
        b"Response 2 a y x",
        b"Response 3 a y y",
        b"Response 4 a - y",
        b"Response 9 a - -",
    ]


async def test_bytes_may_come_one_by_one(clients: VardClients) -> None:
    caller = Caller(clients, None)
    for byte in framed(ALICE, b"5 PUT a x -"):
        caller.session.data_received(bytes([byte]))
    assert await answers(caller) == [b"Response 5 a x -"]


async def test_a_retry_gets_the_same_answer_and_an_older_request_none(
    node: Node, clients: VardClients
) -> None:
    first = Caller(clients)
    first.send(b"1 PUT a x -", b"2 CAS a x y")
    assert (await answers(first, 2))[1] == b"Response 2 a y x"
    again = Caller(clients)
    index = node.store.index
    again.send(b"2 CAS a x y", b"1 PUT a x -", b"3 GET a - -")
    assert await answers(again, 2) == [b"Response 2 a y x", b"Response 3 a y y"]
    assert node.store.index == index


async def test_the_newer_connection_of_a_client_ends_the_older(clients: VardClients) -> None:
    old, other, new = Caller(clients), Caller(clients, BOB), Caller(clients)
    assert (old.line.aborted, other.line.aborted, new.line.aborted) == (True, False, False)
    old.hang_up()
    newest = Caller(clients)
    assert new.line.aborted
    assert not newest.line.aborted


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        framed(b"not an id"),
        framed(ALICE, b"1 PUT a"),
        framed(ALICE, b""),
        framed(ALICE, b"\x00" * 100),
        framed(ALICE) + b"\xff\xff\xff\xff",
        framed(ALICE) + (MAX_FRAME + 1).to_bytes(4, "little"),
    ],
)
async def test_what_is_not_understood_ends_the_connection_and_fills_no_log(
    clients: VardClients, data: bytes
) -> None:
    caller = Caller(clients, None)
    with capture_logs() as logs:
        caller.session.data_received(data)
    assert caller.line.aborted
    assert [entry["log_level"] for entry in logs] == ["debug"]
    caller.hang_up()
    other = Caller(clients)
    other.send(b"1 GET a - -")
    assert await answers(other) == [b"Response 1 a - -"]


async def test_the_answers_of_a_broken_connection_go_nowhere(clients: VardClients) -> None:
    caller = Caller(clients)
    caller.send(b"1 PUT a x -")
    caller.hang_up()
    again = Caller(clients)
    again.send(b"1 PUT a x -")
    assert await answers(again) == [b"Response 1 a x -"]
    assert not caller.line.written


@pytest.mark.parametrize(
    "data", [b"", framed(ALICE)[:-1], framed(ALICE, b"1 GET a - -")[:-1], framed(ALICE) + b"\x05"]
)
async def test_a_client_that_stops_in_the_middle_is_left_behind(
    clients: VardClients, data: bytes
) -> None:
    caller = Caller(clients, None)
    caller.session.data_received(data)
    assert not caller.line.aborted
    await until(lambda: caller.line.aborted)


async def test_a_client_that_waits_between_requests_is_left_alone(clients: VardClients) -> None:
    caller, silent = Caller(clients), Caller(clients, None)
    caller.send(b"1 GET a - -")
    await answers(caller)
    await until(lambda: silent.line.aborted)
    assert not caller.line.aborted


async def test_a_client_whose_requests_come_in_other_pieces_is_left_alone(
    clients: VardClients,
) -> None:
    caller = Caller(clients)
    silent = Caller(clients, None)
    request = framed(b"1 GET a - -")
    caller.session.data_received(request[:3])
    while not silent.line.aborted:
        caller.session.data_received(request[3:] + request[:3])
        await asyncio.sleep(0.005)
    assert not caller.line.aborted


async def test_a_client_that_does_not_read_is_left_behind(clients: VardClients) -> None:
    caller = Caller(clients)
    caller.send(b"1 GET a - -")
    await answers(caller)
    caller.session.pause_writing()
    caller.send(b"2 GET a - -")
    await until(lambda: caller.line.aborted)
    assert caller.heard() == []


async def test_nothing_is_taken_in_from_a_client_that_does_not_read(clients: VardClients) -> None:
    caller = Caller(clients)
    caller.session.pause_writing()
    requests = [b"%d PUT k %b -" % (number, b"x" * 1000) for number in range(100)]
    caller.send(*requests)
    assert not caller.line.reading
    assert caller.heard() == []
    caller.session.resume_writing()
    assert len(await answers(caller, 100)) == 100
    assert caller.line.reading


async def test_so_many_requests_of_a_connection_are_on_their_way_and_no_more(
    node: Node, clients: VardClients
) -> None:
    caller = Caller(clients)
    caller.send(*(b"%d GET a - -" % number for number in range(3 * MAX_WAITING)))
    assert node.proposals_pending == MAX_WAITING
    assert len(await answers(caller, 3 * MAX_WAITING)) == 3 * MAX_WAITING


async def test_a_flood_lets_others_have_their_turn(
    node: Node, clients: VardClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(node), "is_leader", False)
    caller = Caller(clients)
    caller.send(*(b"%d GET a - -" % number for number in range(100 * BURST)))
    assert len(caller.heard()) == BURST
    assert not caller.line.reading, "what comes faster than it is answered would fill the memory"
    await answers(caller, 99 * BURST)
    assert caller.line.reading


async def test_there_is_room_for_so_many_connections(clients: VardClients) -> None:
    callers = [Caller(clients, None) for _ in range(11)]
    assert [caller.line.aborted for caller in callers] == [False] * 10 + [True]
    callers[0].hang_up()
    callers[10].hang_up()
    assert not Caller(clients, None).line.aborted


async def test_a_real_connection_ends_when_the_client_has_no_more_to_say(
    clients: VardClients,
) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(clients.make_session, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(framed(ALICE))
    writer.write(framed(b"1 PUT a x -"))
    assert await reader.readexactly(20) == framed(b"Response 1 a x -")
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    server.close()
