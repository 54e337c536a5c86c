"""Locks and elections among real clients, on etcd and on vard_http."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading

import pytest

from tests.client.clients import Manner, opened
from tests.harness.processes import Server
from vard_http.client import AsyncClient, Client, Leader

HOLDER = """
import sys, time
from vard_http.client import Client
with Client(sys.argv[1]) as client, client.lock("killed", ttl=2) as lock:
    print(lock.fencing_index, flush=True)
    time.sleep(60)
"""


def test_the_next_holds_after_the_holder_was_killed(server: Server) -> None:
    url = server.endpoint.client_url
    manner: Manner = "blocking" if server.kind == "vard" else "asynchronous"
    command = [sys.executable, "-c", HOLDER, url]
    with (
        opened(manner, url) as client,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder,
    ):
        assert holder.stdout is not None
        theirs = int(holder.stdout.readline())
        lock = client.lock("killed", ttl=2)
        assert not lock.acquire(timeout=2.5)  # it is being refreshed
        holder.send_signal(signal.SIGKILL)
        assert lock.acquire(timeout=10)
        assert lock.held
        assert lock.fencing_index > theirs
        lock.release()
        assert not lock.held


def test_one_after_the_other_holds(server: Server) -> None:
    """Each holder finds what the one before left, and their indexes grow."""
    trace: list[tuple[int, int]] = []

    def work() -> None:
        with Client(server.endpoint.client_url) as client, client.lock("turns", ttl=5) as lock:
            client.set("/inside", "x", prev_exist=False)
            trace.append((len(trace), lock.fencing_index))
            client.delete("/inside")

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(trace) == 5
    assert trace == sorted(trace, key=lambda entry: entry[1])


def test_a_lock_whose_key_is_deleted_is_lost(server: Server) -> None:
    with Client(server.endpoint.client_url) as client, client.lock("lost", ttl=1) as lock:
        client.delete(lock.key)
        assert lock.lost.wait(5)
        assert not lock.held
        assert "deleted" in lock.reason


async def test_an_asynchronous_lock_whose_key_is_deleted_is_lost(server: Server) -> None:
    async with AsyncClient(server.endpoint.client_url) as client, client.lock("l", ttl=1) as lock:
        await client.delete(lock.key)
        async with asyncio.timeout(5):
            await lock.lost.wait()
        assert not lock.held


def test_an_exception_gives_the_lock_back(client: Client) -> None:
    lock = client.lock("failing", ttl=5)
    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError
    assert client.get("/_locks/failing").node.nodes == ()
    with lock:
        assert lock.held


async def queue_of(client: AsyncClient, length: int) -> None:
    """Waits until so many stand in the queue `cancelled`."""
    directory = "/_locks/cancelled"
    queue = await client.get(directory)
    async with (
        asyncio.timeout(10),
        client.watch(directory, recursive=True, after_index=queue.etcd_index) as watch,
    ):
        while len(queue.node.nodes) != length:
            await anext(watch)
            queue = await client.get(directory)


async def test_a_cancelled_task_leaves_the_queue(server: Server) -> None:
    async with AsyncClient(server.endpoint.client_url) as client:
        async with client.lock("cancelled", ttl=5):
            waiting = asyncio.create_task(client.lock("cancelled", ttl=5).acquire())
            await queue_of(client, 2)
            waiting.cancel()
            await asyncio.wait([waiting])
            await queue_of(client, 1)

        async def hold() -> None:
            async with client.lock("cancelled", ttl=5):
                await asyncio.sleep(60)

        holding = asyncio.create_task(hold())
        await queue_of(client, 1)
        holding.cancel()
        await asyncio.wait([holding])
        await queue_of(client, 0)


def test_an_election_has_one_leader_after_the_other(client: Client) -> None:
    with client.election("e", ttl=5) as one, client.election("e", ttl=5) as two:
        assert one.leader() is None
        assert one.campaign("one")
        assert two.leader() == Leader("one", one.fencing_index)
        assert not two.campaign("two", timeout=0.2)
        with pytest.raises(RuntimeError):
            one.campaign("one")
        one.resign()
        assert two.campaign("two words")
        assert one.leader() == Leader("two words", two.fencing_index)
        assert two.held
        assert not one.held
    assert one.leader() is None


async def test_observers_see_the_leaders_in_turn(server: Server) -> None:
    url = server.endpoint.client_url
    async with AsyncClient(url) as client, asyncio.timeout(20):
        leaders = client.election("seen", ttl=5).observe()
        assert await anext(leaders) is None
        for name in ("a", "b"):
            async with client.election("seen", ttl=5) as election:
                await election.campaign(name)
                assert await anext(leaders) == Leader(name, election.fencing_index)
            assert await anext(leaders) is None


def test_observers_wait_too(server: Server) -> None:
    with Client(server.endpoint.client_url) as client, client.election("sync", ttl=5) as election:
        leaders = election.observe()
        assert next(leaders) is None
        election.campaign("me")
        assert next(leaders) == Leader("me", election.fencing_index)


def test_a_watch_is_ended_by_another_thread(server: Server) -> None:
    with Client(server.endpoint.client_url) as client, client.watch("/nothing") as watch:
        threading.Timer(0.1, watch.close).start()
        assert list(watch) == []
