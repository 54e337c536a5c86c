"""What was wrong with vard: the rows of Fonseca et al. (EuroSys 2017), and its open issues.

None of it was in the proved protocol; all of it was in the shim around it: parsing, files, sockets.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.http_lane import drive
from tests.harness.wire import FORM, request_bytes
from tests.known_bugs.crashes import Crashes, after_restart, values
from tests.unit.api.support import listening, make_service, running_node
from tests.unit.node.support import (
    Network,
    make_node,
    new_storage,
    propose,
    put,
    settled,
    until,
)
from tests.unit.raft.support import THREE, entries, leader, server, turn
from tests.unit.transport.test_members import Server
from vard_http.node import Node
from vard_http.raft import (
    NORMAL,
    AnyMessage,
    AppendEntries,
    AppendEntriesReply,
    Configuration,
    Entry,
    InstallSnapshot,
    Proposal,
    Propose,
    Raft,
    SnapshotMeta,
)
from vard_http.raft.messages import ReadIndex, RequestVote, RequestVoteReply
from vard_http.raft.progress import MAX_INFLIGHT
from vard_http.storage import StorageError, exists, open_storage
from vard_http.store import Event, digest
from vard_http.transport.outbound import BUFFER_BYTES

MIB = 1 << 20
FRAME = 24 + 4096


async def ask(port: int, data: bytes) -> bytes:
    """Send bytes and read until the member hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    answer = await reader.read()
    writer.close()
    return answer


GET = b"GET /v2/keys/%b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


async def test_v1_a_malformed_request_ends_the_server(caplog: pytest.LogCaptureFixture) -> None:
    """Fonseca et al., V1; uwplse/verdi#42, verdi-raft#54: an answer to a socket that is closed.

    Here: any stranger could end the member with one request.
    """
    async with running_node() as node, listening(make_service(node), "lane") as port:
        for data in (b"GET key1 - - \n", b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 100) * 10:
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.sendall(data)
        assert (await ask(port, GET % b"a")).startswith(b"HTTP/1.1 404 ")
    assert not caplog.records


INJECTION = b"key1 - - \n132201621 216857 GET key2"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.binary(min_size=1, max_size=30), st.binary(max_size=30))
def test_v2_what_is_in_a_key_or_value_becomes_a_command(key: bytes, value: bytes) -> None:
    """Fonseca et al., V2; uwplse/verdi#42, verdi-raft#54: separators were not escaped.

    Here: who may write one key could write, or read, all of them.
    """
    for name in (key, INJECTION, b"a\r\nX-Injected: 1\r\n\r\n"):
        target = "/v2/keys/dir/" + quote_from_bytes(name.replace(b"/", b"_"), safe="")
        body = b"value=" + quote_from_bytes(value, safe="").encode()
        headers = {"Content-Type": FORM}
        write = request_bytes("PUT", target, headers, body)
        redirected = request_bytes("GET", target.replace("/dir", "//dir"))
        result = drive([write + redirected + request_bytes("GET", "/v2/keys/dir/other")])
        assert len(result.seen) == 3
        assert b"\nX-Injected" not in result.answers
        assert result.answers.count(b"HTTP/1.1 ") == 3


@asynccontextmanager
async def single(directory: Path, snapshot_count: int = 100_000) -> AsyncIterator[Node]:
    """A cluster of one in `directory`, new or not."""
    storage = open_storage(directory, None) if exists(directory) else new_storage(directory)
    node = make_node(storage, snapshot_count=snapshot_count, catch_up_entries=5)
    node.start()
    await settled(node)
    try:
        yield node
    finally:
        await node.stop()


async def write(node: Node, count: int, first: int = 0) -> dict[bytes, bytes]:
    """So many acknowledged writes, one after the other."""
    written = {}
    for number in range(first, first + count):
        name, value = b"%d" % number, b"value %d" % number
        assert isinstance(await propose(node, put(value, b"/1/w/" + name)), Event)
        written[name] = value
    return written


async def test_v3_a_partial_last_record_of_the_log_prevents_the_start(tmp_path: Path) -> None:
    """Fonseca et al., V3; uwplse/verdi#38, verdi-raft#50; vard's "a cut log stops the node".

    Here: a crash in the middle of a write would take the member away until somebody edits files.
    """
    data = tmp_path / "data"
    async with single(data) as node:
        written = await write(node, 8)
        crashed = shutil.copytree(data, tmp_path / "crashed")
    wal = (crashed / "vard.db-wal").read_bytes()
    acknowledged = dict(list(written.items())[:-1])
    for cut in range(1, FRAME, 241):
        copy = shutil.copytree(crashed, tmp_path / f"cut-{cut}")
        (copy / "vard.db-wal").write_bytes(wal[:-cut])
        async with single(copy) as again:
            found = values(again.store, b"/1/w")
            assert found in (written, acknowledged)


async def test_v4_a_crash_while_the_snapshot_is_replaced_loses_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fonseca et al., V4; uwplse/verdi#39, verdi-raft#51: the old one went before the new was safe.

    Here: a crash at the wrong moment of a snapshot or a compaction would take acknowledged writes
    back.
    """
    data = tmp_path / "data"
    async with single(data, snapshot_count=10) as node:
        acknowledged = await write(node, 15)
        crashes = Crashes(data, monkeypatch)
        node.propose(put(b"last", b"/1/last"), lambda _: None)
        await write(node, 15, first=15)
        await until(lambda: node.raft.snapshot_index > 20)
    monkeypatch.undo()
    assert len(crashes.copies) > 40
    for copy in crashes.copies[:-2:3]:
        found = values(after_restart(copy).store, b"/1/w")
        assert found.items() >= acknowledged.items()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EMFILE, errno.ENOMEM, errno.EIO])
async def test_v5_an_error_of_opening_is_taken_for_a_missing_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Fonseca et al., V5; uwplse/verdi#40, verdi-raft#52: any error meant "no snapshot".

    Here: a member short of descriptors for a moment would begin anew, without its votes and data.
    """
    data = tmp_path / "data"
    async with single(data) as node:
        await write(node, 3)
    before = (data / "vard.db").read_bytes()
    error = OSError(number, os.strerror(number))

    def fail(*_: object, **__: object) -> None:
        raise error

    for place in ("pathlib.Path.stat", "pathlib.Path.open", "os.open", "sqlite3.connect"):
        with monkeypatch.context() as patch:
            patch.setattr(place, fail)
            with pytest.raises((StorageError, OSError)) as refused:
                open_storage(data, None)
        assert "holds no" not in str(refused.value)
        assert (data / "vard.db").read_bytes() == before
        assert not list(data.glob("*.new"))
    async with single(data) as again:
        assert len(values(again.store, b"/1/w")) == 3


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Server, Server]]:
    """The first calls the second."""
    one, two = Server(1), Server(2)
    await one.listen()
    await two.listen()
    one.transport.set_peers({2: [two.url]})
    try:
        yield one, two
    finally:
        await one.close()
        await two.close()


async def test_v6_a_large_packet_ends_the_server() -> None:
    """Fonseca et al., V6: packets beyond 64 KiB overran the buffer of `msg_step`.

    Here: one write of the size that clients may send would end every follower.
    """
    large = AppendEntries(1, 0, 0, (Entry(1, 1, NORMAL, b"x" * (10 * MIB)),), 0)
    async with pair() as (one, two):
        await one.say(2)
        await two.received.get()
        one.transport.send([(2, large)])
        assert await asyncio.wait_for(two.received.get(), 10) == (1, large)


async def test_v7_after_a_failed_send_nothing_is_sent_any_more() -> None:
    """Fonseca et al., V7: a send that failed with EMSGSIZE was tried for ever.

    Here: a peer that did not read for a while would never hear from the leader again.
    """
    chunk = AppendEntries(1, 0, 0, (Entry(1, 1, NORMAL, b"x" * MIB),), 0)
    async with pair() as (one, two):
        await one.say(2)
        await two.received.get()
        peer = one.transport.peers[2]
        # Within one turn of the loop nothing is read, so the buffer fills up.
        for _ in range(2 * BUFFER_BYTES // MIB):
            one.transport.send([(2, chunk)])
        assert peer.lost_messages > 0
        async with asyncio.timeout(10):
            message: AnyMessage = chunk
            while message == chunk:
                await one.say(2)
                _, message = await two.received.get()


def replicate(source: Raft, follower: Raft, me: int) -> tuple[int, int]:
    """Carry messages between two until they are quiet: the largest one, and the most at once."""
    largest = most = 0
    while True:
        sent: list[AnyMessage] = []
        for ready in turn(source):
            sent += [m for to, m in ready.appends + ready.messages if to == me]
        if not sent:
            return largest, most
        most = max(most, len(sent))
        for message in sent:
            if isinstance(message, AppendEntries):
                largest = max(largest, sum(len(entry.data) for entry in message.entries))
            follower.step(source.state.me, message)
        for ready in turn(follower):
            for to, reply in ready.messages:
                if to == source.state.me:
                    source.step(me, reply)


def test_v8_a_follower_far_behind_overflows_the_stack_of_the_leader() -> None:
    """Fonseca et al., V8; uwplse/verdi#37, verdi-raft#49: 521,932 entries in one message.

    Here: the member that comes back after a long time would end its leader, and the next one.
    """
    behind = 521_932
    data = b"x" * 64
    source = leader(log=[Entry(index, 1, NORMAL, data) for index in range(1, behind + 1)], term=1)
    follower = server(2, THREE)
    source.tick(source.state.heartbeat_deadline)
    largest, most = replicate(source, follower, 2)
    assert follower.state.log.last_index == source.state.log.last_index > behind
    assert largest < 2 * MIB
    assert most <= MAX_INFLIGHT + 2


async def test_vard_an_empty_snapshot_stops_the_node(tmp_path: Path) -> None:
    """vard: a crash before the first byte of a snapshot leaves an empty file, on which it ends.

    Here: the same, whenever a crash meets a snapshot that has just begun.
    """
    data = tmp_path / "data"
    async with single(data) as node:
        written = await write(node, 3)
    storage = open_storage(data, None)
    storage.recover()
    storage.begin_snapshot(SnapshotMeta(5, 1, Configuration((1,))))
    crashed = shutil.copytree(data, tmp_path / "crashed")
    storage.close()
    async with single(crashed) as again:
        assert values(again.store, b"/1/w") == written


async def test_vard_two_restarts_without_a_snapshot_between_lose_writes(tmp_path: Path) -> None:
    """vard, Shim.ml: the log is opened truncating before what was recovered is written again.

    Here: acknowledged writes would survive one crash and not the second.
    """
    data = tmp_path / "0"
    written: dict[bytes, bytes] = {}
    for restart in range(4):
        async with single(data) as node:
            assert values(node.store, b"/1/w") == written
            written |= await write(node, 3, first=3 * restart)
            data = shutil.copytree(data, tmp_path / f"{restart + 1}")


@pytest.mark.parametrize(
    "message",
    [
        Propose((Proposal(NORMAL, b"x"),)),
        ReadIndex(1),
        RequestVote(1, 0, 0),
        RequestVote(2, 0, 0, pre_vote=True),
        RequestVoteReply(1, False),
        AppendEntriesReply(1, True, 1),
        AppendEntries(0, 0, 0, (), 0),
    ],
    ids=lambda message: type(message).__name__,
)
def test_vard_traffic_to_a_follower_resets_its_election_timer(message: AnyMessage) -> None:
    """vard, Shim.ml: select's time-out begins anew with every packet, whoever sent it.

    Here: a follower whose clients are busy would never notice that its leader has gone.
    """
    raft = server(term=1, log=entries(1, 1))
    deadline = raft.deadline()
    for now in range(100, deadline, 100):
        raft.tick(now)
        raft.step(3, message)
        turn(raft)
        assert raft.deadline() <= deadline
    raft.tick(deadline)
    assert raft.state.role.name == "PRE_CANDIDATE"


async def test_vard_a_silent_client_blocks_the_node() -> None:
    """vard, Shim.ml: a client's request is read to its end before anything else is done.

    Here: whoever connects and says half a sentence would stop the member.
    """
    async with running_node() as node, listening(make_service(node), "lane") as port:
        halves = (
            b"",
            b"G",
            request_bytes("PUT", "/v2/keys/a", {"Content-Type": FORM}, b"value")[:-1],
        )
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in halves]
        for (_, writer), data in zip(silent, halves, strict=True):
            writer.write(data)
        for _ in range(5):
            assert (await ask(port, GET % b"a?quorum=true")).startswith(b"HTTP/1.1 404 ")
            assert isinstance(await propose(node), Event)
        for _, writer in silent:
            writer.close()


@pytest.mark.parametrize("parameter", ["waitIndex", "prevIndex", "ttl"])
def test_vard_a_huge_request_id_ends_the_node(parameter: str) -> None:
    """vard, Shim.ml: `int_of_string` of what a client calls its request.

    Here: one number would end the member.
    """
    body = parameter.encode() + b"=" + b"9" * 5000
    request = request_bytes("PUT", "/v2/keys/a", {"Content-Type": FORM}, body)
    result = drive([request, GET % b"a"])
    assert result.answers.startswith(b"HTTP/1.1 400 ")
    assert len(result.seen) == 2


async def test_vard_a_junk_packet_ends_the_node(tmp_path: Path) -> None:
    """vard, Shim.ml: `Marshal.from_bytes` of any packet that arrives.

    Here: what a peer passes on goes into the log, where every member would stumble over it, at each
    start again. (What strangers say on the peer port: tests/fuzz/peers.py.)
    """
    async with single(tmp_path / "data") as node:
        for junk in (b"", b"\xff" * 8, b"\xff" * 8 + b"junk", bytes(100)):
            node.receive(2, Propose((Proposal(NORMAL, junk),)))
        assert isinstance(await propose(node), Event)
        assert not node.finished.done()
    async with single(tmp_path / "data") as again:
        assert again.store.peek(b"/1/k") is not None


async def test_vard_a_follower_that_missed_800_writes_never_catches_up(
    tmp_path: Path,
) -> None:
    """vard: the whole suffix goes into one datagram, which from some 800 entries on cannot be sent.

    Here: a member that was away for some minutes would be lost to the cluster for good.
    """
    network = Network()
    nodes = [make_node(new_storage(tmp_path / f"{me}", me, 3), network) for me in (1, 2, 3)]
    for node in nodes:
        node.start()
    await settled(*nodes)
    away = next(node for node in nodes if not node.is_leader)
    others = [node for node in nodes if node is not away]
    network.cut.add(away.me)
    for _ in range(8):
        await asyncio.gather(*(propose(others[0]) for _ in range(100)))
    missed = others[0].store.index - away.store.index
    network.cut.clear()
    network.sent.clear()
    await until(lambda: len({digest(node.store) for node in nodes}) == 1)
    assert missed >= 800
    assert not any(isinstance(message, InstallSnapshot) for _, _, message in network.sent)
    for node in nodes:
        await node.stop()
