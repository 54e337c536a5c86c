"""A server of one queue, in memory, on a clock that only moves when somebody waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.client.steps import CUT, REFUSED, answer, drive, error, form
from vard_http.client.exchange import Attempt, Failure, Listen, Open, Operation, Outcome
from vard_http.client.model import Response

DIRECTORY = "/v2/keys/_locks/l"


@dataclass
class Key:
    key: str
    value: str
    created: int
    expires: float

    def node(self) -> dict[str, Any]:
        indexes = {"createdIndex": self.created, "modifiedIndex": self.created}
        return {"key": self.key, "value": self.value, **indexes}


@dataclass
class QueueServer:
    """Does POST, refresh, delete, listing and watch as etcd does.

    `lose` names methods whose next answers get lost after the request was carried out, `swallow`
    those whose next requests get lost and are carried out when `late` says. While `down` all
    connections are refused; while it `hangs` all requests time out; while it is `full` it refuses
    writes. `at` calls a function when a time has come.
    """

    now: float = 100.0
    index: int = 10
    keys: dict[str, Key] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    lose: list[str] = field(default_factory=list)
    swallow: list[str] = field(default_factory=list)
    swallowed: list[Attempt] = field(default_factory=list)
    down: bool = False
    hangs: bool = False
    full: bool = False
    log: list[str] = field(default_factory=list)
    agenda: list[tuple[float, Callable[[], object]]] = field(default_factory=list)
    _polled: str | None = None

    def run(self, operation: Operation[Any]) -> Any:
        """Drives an operation to its end."""
        return drive(operation, self.respond, self.sleep)

    def at(self, time: float, do: Callable[[], object]) -> None:
        self.agenda.append((time, do))

    def sleep(self, seconds: float) -> None:
        end = self.now + seconds
        for time, do in sorted(self.agenda, key=lambda entry: entry[0]):
            if time <= end:
                self.now = max(self.now, time)
                self.agenda.remove((time, do))
                do()
        self.now = end
        for key in [each for each in self.keys.values() if each.expires <= self.now]:
            self.delete(key.key)

    def late(self) -> None:
        """Carries out what was swallowed."""
        for attempt in self.swallowed:
            self.carry_out(attempt)
        self.swallowed.clear()

    def join(self, value: str = "other o", ttl: float = 1000.0) -> str:
        """A place of somebody else."""
        self.index += 1
        key = f"/_locks/l/{self.index:020}"
        self.keys[key] = Key(key, value, self.index, self.now + ttl)
        return key

    def delete(self, key: str) -> None:
        self.index += 1
        del self.keys[key]
        self.deleted[key] = self.index

    def respond(self, step: Attempt | Listen) -> Outcome:
        if self.down:
            self.sleep(0.1)
            return REFUSED
        if isinstance(step, Listen):
            assert self._polled is not None
            return self.poll(self._polled, step.seconds)
        if self.hangs:
            self.sleep(5.0 if step.timeout is None else step.timeout)
            return CUT
        method = step.request.method
        self.log.append(method)
        if self.full and method in ("POST", "PUT"):
            return error(300, 500, "etcdserver: mvcc: database space exceeded")
        if method in self.swallow:
            self.swallow.remove(method)
            self.swallowed.append(step)
            return CUT
        outcome = self.carry_out(step)
        if method in self.lose:
            self.lose.remove(method)
            return CUT
        return outcome

    def carry_out(self, attempt: Attempt) -> Response | Failure | Open:
        request = attempt.request
        parts = urlsplit(request.target)
        key = parts.path.removeprefix("/v2/keys")
        if request.method == "POST":
            given = form(request.body)
            made = self.keys[self.join(given["value"], int(given["ttl"]))]
            return answer(201, {"action": "create", "node": made.node()}, self.index)
        if parts.path == "/v2/members/leader":
            return answer(200, {})
        if parts.path == DIRECTORY:
            nodes = [each.node() for each in reversed(self.keys.values())]
            listing = {"key": key, "dir": True, "nodes": nodes}
            return answer(200, {"action": "get", "node": listing}, self.index)
        if "wait" in parse_qs(parts.query):
            self._polled = key
            return self.poll(key, request.hold or 0.0)
        if key not in self.keys:
            return error(100, 404, key, self.index)
        node = self.keys[key]
        if request.method == "DELETE":
            self.delete(key)
        else:
            self.index += 1
            node.expires = self.now + int(form(request.body)["ttl"])
        return answer(200, {"action": request.method, "node": node.node()}, self.index)

    def poll(self, key: str, seconds: float) -> Response | Open:
        end = self.now + seconds
        while key not in self.deleted and self.now < end:
            self.sleep(min(0.1, end - self.now))
        if key not in self.deleted:
            return Open(answer(200, None, self.index))
        event = {"key": key, "modifiedIndex": self.deleted[key], "createdIndex": 1}
        return answer(200, {"action": "delete", "node": event}, self.index)
