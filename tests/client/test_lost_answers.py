"""Connections that break at the worst moment, with real ones."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from tests.client.clients import Manner, opened
from tests.client.cutting_proxy import CuttingProxy, cutting_proxy
from tests.harness.ports import lease_port
from tests.harness.processes import Server, start_server
from vard_http.client import AsyncClient, Client, ClusterUnavailable, OutcomeUnknown


@pytest.fixture(scope="module")
def vard() -> Iterator[Server]:
    with start_server("vard") as server:
        yield server


@pytest.fixture
def proxy(vard: Server) -> Iterator[CuttingProxy]:
    with cutting_proxy(vard.port) as proxy:
        yield proxy


NAMELESS = "http://no-such-host.invalid:1"

WRITES: dict[str, Callable[[Client], object]] = {
    "set": lambda client: client.set("k", "2"),
    "delete": lambda client: client.delete("k"),
    "in order": lambda client: client.create_in_order("q", "2"),
    "compare and swap": lambda client: client.set("k", "2", prev_value="1"),
    "any": lambda client: client.request("PUT", "/v2/keys/k", form={"value": "2"}),
}


@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_without_an_answer_is_sent_once(
    vard: Server,
    proxy: CuttingProxy,
    manner: Manner,
    write: Callable[[Client], object],
    kept: bool,
) -> None:
    direct = vard.endpoint.client_url
    with opened(manner, direct) as other, opened(manner, [proxy.url, direct]) as client:
        before = other.set("k", "1").etcd_index
        if kept:
            client.get("k")
        proxy.seen.clear()
        proxy.cutting = True
        with pytest.raises(OutcomeUnknown) as unknown:
            write(client)
        assert list(unknown.value.errors) == [proxy.url]
        assert len(proxy.seen) == 1
        assert other.get("/").etcd_index == before + 1


def test_a_read_without_an_answer_is_asked_elsewhere(
    vard: Server, proxy: CuttingProxy, manner: Manner
) -> None:
    proxy.cutting = True
    with opened(manner, [proxy.url, vard.endpoint.client_url]) as client:
        assert client.get("/").node.dir
    assert set(proxy.seen) == {"GET"}


def test_a_connection_that_was_closed_meanwhile_is_not_written_to(proxy: CuttingProxy) -> None:
    proxy.closing = True
    with Client(proxy.url) as client:
        for value in "abc":
            proxy.closed.clear()
            client.set("k", value)
            assert proxy.closed.wait(5)
    assert proxy.seen == ["PUT"] * 3


async def test_nor_is_one_that_the_event_loop_had_no_time_to_see_closed(
    proxy: CuttingProxy,
) -> None:
    proxy.closing = True
    async with AsyncClient(proxy.url) as client:
        for value in "abc":
            proxy.closed.clear()
            await client.set("k", value)
            assert proxy.closed.wait(5)  # the loop stands still meanwhile
    assert proxy.seen == ["PUT"] * 3


def test_a_write_goes_elsewhere_when_nobody_listens(vard: Server, manner: Manner) -> None:
    lease = lease_port()
    dead = f"http://127.0.0.1:{lease.port}"
    with opened(
        manner, [dead, "http://no-such-host.invalid:1", vard.endpoint.client_url]
    ) as client:
        assert client.set("k", "1").node.value == "1"
    with opened(manner, dead) as client, pytest.raises(ClusterUnavailable) as failed:
        client.set("k", "1")
    assert not isinstance(failed.value, OutcomeUnknown)
    lease.release()


def test_silence_leaves_a_write_unknown_and_a_read_to_others(vard: Server, manner: Manner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with opened(manner, mute, timeout=0.2) as client, pytest.raises(OutcomeUnknown):
            client.set("k", "1")
        with opened(manner, [mute, vard.endpoint.client_url], timeout=0.2) as client:
            assert client.get("/").node.dir
