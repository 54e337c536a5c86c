"""Replays recorded exchanges with etcd 3.4.23 against a running server (format: data/ORIGIN)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import msgspec

from tests.conformance.comparison import Placeholders, describe_difference
from tests.harness.http1 import Head, MalformedResponse, Response
from tests.harness.processes import Server
from tests.harness.wire import (
    Connection,
    ConnectionEnded,
    Deadline,
    Incoming,
    open_watch,
    request_bytes,
)

GOLDEN_FILE = Path(__file__).parent / "data" / "etcd-v2-golden.jsonl"

# How long a watch may take to deliver what it should, and is observed for delivering more.
WATCH_TIMEOUT = 3.0
WATCH_QUIET = 0.05


class BodyGen(msgspec.Struct, frozen=True):
    prefix: str
    fill: str
    count: int


class Request(msgspec.Struct, frozen=True):
    method: str
    path: str
    headers: dict[str, str]
    body: str | None
    repeat: int = 1
    body_gen: BodyGen | None = None


class Recorded(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: str


class Step(msgspec.Struct, frozen=True, rename={"is_async": "async"}, forbid_unknown_fields=True):
    """One line of the golden file."""

    scenario: str
    step: int
    request: Request
    response: Recorded
    start_index: int | None = None
    flags: tuple[str, ...] = ()
    note: str = ""
    extra: dict[str, str] = {}
    delay_ms: int = 0
    compare: str = "bytes"
    is_async: bool = False
    until_step: int = -1
    finished: bool = True


@dataclass(frozen=True)
class Scenario:
    name: str
    steps: tuple[Step, ...]

    @property
    def flags(self) -> tuple[str, ...]:
        """Server flags beyond --enable-v2, which the harness always gives."""
        return tuple(flag for flag in self.steps[0].flags if flag != "--enable-v2")


@dataclass(frozen=True)
class Mismatch:
    """A step whose answer differs from the recorded one."""

    step: Step
    what: str

    def __str__(self) -> str:
        request = self.step.request
        return (
            f"{self.step.scenario}[{self.step.step}] {request.method} {request.path}"
            f" headers={request.headers} body={request.body!r}\n{self.what}"
        )


@cache
def load() -> dict[str, Scenario]:
    """All scenarios by name, in the order of the file."""
    lines = GOLDEN_FILE.read_bytes().splitlines()
    steps = [msgspec.json.decode(line, type=Step) for line in lines]
    names = dict.fromkeys(step.scenario for step in steps)
    return {
        name: Scenario(name, tuple(step for step in steps if step.scenario == name))
        for name in names
    }


def replay(scenario: Scenario, server: Server) -> list[Mismatch]:
    """Sends the steps to a fresh server and returns those whose answers differ."""
    with server.connect() as connection:
        return list(_Replay(scenario, server, connection).run())


@dataclass
class _OpenWatch:
    step: Step
    incoming: Incoming


@dataclass
class _Replay:
    scenario: Scenario
    server: Server
    connection: Connection
    watches: list[_OpenWatch] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = self.server.endpoint
        self.placeholders = Placeholders(
            {"<id>": own.member_id, "<client_url>": own.client_url, "<peer_url>": own.peer_url}
        )

    def run(self) -> Iterator[Mismatch]:
        for step in self.scenario.steps:
            time.sleep(step.delay_ms / 1000)
            try:
                what = self._open(step) if step.is_async else self._exchange(step)
            except (ConnectionEnded, Deadline, MalformedResponse) as error:
                what = f"  no answer: {error!r}"
                self._reconnect()
            if what is not None:
                yield Mismatch(step, what)
            yield from self._settle(step.step)
        for watch in self.watches:
            watch.incoming.connection.close()

    def _exchange(self, step: Step) -> str | None:
        request = self._bytes(step.request)
        for _ in range(step.request.repeat):
            answer = self._send(request, step.request.method)
        return self._compare(step, answer)

    def _send(self, request: bytes, method: str) -> Response:
        self.connection.send(request)
        answer = self.connection.read(method)
        if answer.head.get("Connection") == "close":
            self._reconnect()
        return answer

    def _reconnect(self) -> None:
        self.connection.close()
        self.connection = self.server.connect()

    def _bytes(self, request: Request) -> bytes:
        body: bytes | None = None
        if request.body is not None:
            body = self.placeholders.fill(request.body).encode()
        elif request.body_gen is not None:
            body = (
                request.body_gen.prefix + request.body_gen.fill * request.body_gen.count
            ).encode()
        path = self.placeholders.fill(request.path)
        return request_bytes(request.method, path, request.headers, body)

    def _compare(self, step: Step, answer: Response) -> str | None:
        head = _head_difference(step, answer.head)
        if head is not None or step.compare == "status":
            return head
        expected = self.placeholders.fill(step.response.body)
        return describe_difference(step.compare, expected, answer.body, self.placeholders)

    def _open(self, step: Step) -> str | None:
        incoming = open_watch(self.server.port, self.placeholders.fill(step.request.path))
        self.watches.append(_OpenWatch(step, incoming))
        return _head_difference(step, incoming.wait_head())

    def _settle(self, number: int) -> Iterator[Mismatch]:
        """Compares the watches that are to be looked at after this step.

        They stay connected until the scenario ends: stats-store[78] still counts one.
        """
        for watch in self.watches:
            if watch.step.until_step != number:
                continue
            what = _watch_difference(watch, self.placeholders)
            if what is not None:
                yield Mismatch(watch.step, what)


def _head_difference(step: Step, head: Head) -> str | None:
    recorded = step.response
    if head.status != recorded.status:
        return f"  status: expected {recorded.status}, got {head.status}"
    if step.compare == "status":
        return None
    expected: dict[str, str | None] = {
        "Content-Type": recorded.headers.get("Content-Type"),
        "X-Etcd-Index": recorded.headers.get("X-Etcd-Index"),
        "Allow": recorded.headers.get("Allow"),
        "Location": step.extra.get("Location"),
    }
    got = {name: _exactly(head, name) for name in expected}
    return None if got == expected else f"  headers: expected {expected}, got {got}"


def _exactly(head: Head, name: str) -> str | None:
    """The field of exactly this spelling."""
    return next((value for key, value in head.headers if key == name), None)


def _watch_difference(watch: _OpenWatch, placeholders: Placeholders) -> str | None:
    expected = placeholders.fill(watch.step.response.body)

    def difference() -> str | None:
        if watch.incoming.finished != watch.step.finished:
            return f"  finished: expected {watch.step.finished}, got {watch.incoming.finished}"
        return describe_difference("bytes", expected, watch.incoming.body, placeholders)

    deadline = time.monotonic() + WATCH_TIMEOUT
    while difference() is not None and time.monotonic() < deadline:
        watch.incoming.pump(0.02)
        if watch.incoming.finished:
            break
    while watch.incoming.pump(WATCH_QUIET):
        pass
    return difference()


def main() -> None:
    """`python -m tests.conformance.golden etcd|vard [scenario …]` prints what differs."""
    import sys

    from tests.harness.processes import Kind, start_server

    kind: Kind = "etcd" if sys.argv[1] == "etcd" else "vard"
    total = equal = 0
    for name, scenario in load().items():
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        with start_server(kind, scenario.flags) as server:
            differing = replay(scenario, server)
        total += len(scenario.steps)
        equal += len(scenario.steps) - len({each.step.step for each in differing})
        for mismatch in differing:
            print(mismatch)
    print(f"{equal}/{total} equal")


if __name__ == "__main__":
    main()
