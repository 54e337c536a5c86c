"""Counts what one member does for a fixed script of requests."""

from __future__ import annotations

import json
import math
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple
from unittest import mock

from tests.harness.wire import FORM, request_bytes
from tests.unit.api.support import Client, make_service, running_node
from tests.unit.node.support import until
from vard_http.api.service import Service
from vard_http.node import writing

BUDGET: Final = Path(__file__).with_name("budget.json")
REQUESTS: Final = 1280


class Script(NamedTuple):
    """`request` is sent on all of so many connections at once, round after round."""

    connections: int
    request: Callable[[int], bytes]


def _put(number: int) -> bytes:
    body = b"value=%0100d" % number
    return request_bytes("PUT", f"/v2/keys/k{number}", {"Content-Type": FORM}, body)


def _get(number: int) -> bytes:
    return request_bytes("GET", f"/v2/keys/k{number}")


def _quorum_get(number: int) -> bytes:
    return request_bytes("GET", f"/v2/keys/k{number}?quorum=true")


SCRIPTS: Final = {
    "PUT, 1 connection": Script(1, _put),
    "PUT, 64 connections": Script(64, _put),
    "GET, 64 connections": Script(64, _get),
    "GET quorum=true, 64 connections": Script(64, _quorum_get),
}


class Counts(NamedTuple):
    """Per request: calls of functions in Python and in C, and SQLite's statements."""

    calls: float
    statements: float


async def count_all() -> dict[str, Counts]:
    """The counts of every script, by its name, as on a fast disk."""
    with mock.patch.object(writing, "SLOW_DISK_SECONDS", math.inf):
        return await _count_all()


async def _count_all() -> dict[str, Counts]:
    async with running_node() as node:
        service = make_service(node)
        return {name: await _count(service, script) for name, script in SCRIPTS.items()}


async def _count(service: Service, script: Script) -> Counts:
    clients = [Client(service) for _ in range(script.connections)]
    # The first round fills the caches, as the first requests of a client do.
    await _round(clients, script)
    node = service.node
    with _counted_statements(node._storage._database._connection) as statements, _calls() as calls:
        for _ in range(REQUESTS // script.connections):
            await _round(clients, script)
    return Counts(round(calls[0] / REQUESTS, 1), round(statements[0] / REQUESTS, 3))


async def _round(clients: list[Client], script: Script) -> None:
    for number, client in enumerate(clients):
        client.send(script.request(number))
    await until(lambda: all(client.line.written for client in clients))
    for client in clients:
        assert client.line.take().startswith(b"HTTP/1.1 20")


@contextmanager
def _calls() -> Iterator[list[int]]:
    """Count the calls that code of the package makes, callbacks into it included."""
    counted = [0]

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_call") and frame.f_globals.get("__name__", "").startswith("vard_"):
            counted[0] += 1

    sys.setprofile(note)
    try:
        yield counted
    finally:
        sys.setprofile(None)


@contextmanager
def _counted_statements(connection: sqlite3.Connection) -> Iterator[list[int]]:
    counted = [0]

    def note(statement: str) -> None:
        counted[0] += 1

    connection.set_trace_callback(note)
    try:
        yield counted
    finally:
        connection.set_trace_callback(None)


def read_budget() -> dict[str, Counts]:
    """What was recorded."""
    return {name: Counts(*counts) for name, counts in json.loads(BUDGET.read_text()).items()}


def record(counts: dict[str, Counts]) -> None:
    """Make `counts` the budget."""
    BUDGET.write_text(json.dumps(counts, indent=4) + "\n")
