"""Clients that read and write keys, and remember what they were told."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from tests.campaign.history import History, Promise, Record
from tests.campaign.http import Connection, NotSent, Unanswered, parsed
from tests.campaign.register import Answer, Kind, Request, State
from tests.harness.http1 import Response
from tests.verification.linearizability import Operation

KEYS: Final = 4
OPERATIONS_A_KEY: Final = 60
"""Then a new key takes its place: a search over a history grows with its length."""

REFUSALS: Final = frozenset({100, 101, 105})
_COMPARED: Final = re.compile(r"\[(\S*) != (\S*)\]")


class Site(Struct):
    """What all clients of a campaign share: the members' client ports by name, and the history."""

    ports: Mapping[str, int]
    history: History
    started: float
    pause: float = 0.02
    """Seconds that a client rests after each operation, on average."""
    quorum_reads: bool = True

    def now(self) -> float:
        return time.monotonic() - self.started


class Client:
    """Speaks to one member at a time, and to another after trouble or at random."""

    def __init__(self, name: str, site: Site, seed: int) -> None:
        self.name = name
        self.site = site
        self.chance = random.Random(f"{seed} {name}")
        self._member = self.chance.choice(list(site.ports))
        self._connection = Connection(site.ports[self._member])

    @property
    def member(self) -> str:
        return self._member

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        while not stop.is_set():
            try:
                await self.work()
            except NotSent:
                self.move()
            await asyncio.sleep(self.chance.random() * 2 * self.site.pause)
        self._connection.close()

    async def work(self) -> None:
        """One operation."""
        raise NotImplementedError

    def move(self) -> None:
        """Go to another member."""
        self._connection.close()
        self._member = self.chance.choice(list(self.site.ports))
        self._connection = Connection(self.site.ports[self._member])

    async def ask(
        self, method: str, target: str, fields: Mapping[str, object] | None = None
    ) -> tuple[int, Any, Response] | None:
        """Error code (0 if there is none), JSON and answer; None if nobody knows what happened.

        Raises NotSent.
        """
        try:
            response = await self._connection.request(method, target, fields)
        except Unanswered:
            self.move()
            return None
        body = parsed(response)
        if response.status in (200, 201):
            return 0, body, response
        code = body.get("errorCode")
        if code in REFUSALS:
            return code, body, response
        if code != 300:
            self.site.history.odd_answers.append(f"{method} {target}: {response.status} {body}")
        return None


class RegisterClient(Client):
    """Reads and writes a few keys in all ways that the API has."""

    _WEIGHTS: Final[Mapping[Kind, int]] = {
        "read": 40,
        "put": 20,
        "cas_value": 12,
        "cas_index": 12,
        "create": 8,
        "cad_value": 4,
        "delete": 4,
    }

    def __init__(self, name: str, site: Site, seed: int, counts: dict[int, int]) -> None:
        """`counts` is shared by all clients: how often each key's place was used."""
        super().__init__(name, site, seed)
        self._counts = counts
        self._seen: dict[str, tuple[str, int]] = {}
        self._writes = 0

    async def work(self) -> None:
        place = self.chance.randrange(KEYS)
        self._counts[place] = self._counts.get(place, 0) + 1
        key = f"registers/{self._counts[place] // OPERATIONS_A_KEY}-{place}"
        request = self._choose(key)
        invoked, member = self.site.now(), self.member
        answered = await self.ask(*self._wire(key, request))
        returned = self.site.now() if answered is not None else None
        answer = understand(request.kind, *answered[:2]) if answered is not None else None
        if answer is not None:
            self._remember(key, request, answer)
        elif request.kind == "read":
            return
        operation = Operation(key, invoked, returned, request, answer)
        self.site.history.records.append(Record(self.name, member, operation))
        if self.chance.random() < 0.1:
            self.move()

    def _choose(self, key: str) -> Request:
        kinds, weights = zip(*self._WEIGHTS.items(), strict=True)
        kind: Kind = self.chance.choices(kinds, weights)[0]
        self._writes += 1
        value = f"{self.name}.{self._writes}"
        if kind in ("read", "delete"):
            return Request(kind)
        if kind in ("put", "create"):
            return Request(kind, value)
        seen = self._seen.get(key)
        if seen is None:
            return Request("put", value)
        return Request(kind, value if kind != "cad_value" else "", seen[0], seen[1])

    def _wire(self, key: str, request: Request) -> tuple[str, str, Mapping[str, object] | None]:
        target = f"/v2/keys/{key}"
        match request.kind:
            case "read":
                return "GET", target + ("?quorum=true" if self.site.quorum_reads else ""), None
            case "delete":
                return "DELETE", target, None
            case "cad_value":
                return "DELETE", f"{target}?prevValue={request.expected}", None
            case "create":
                return "PUT", target, {"value": request.value, "prevExist": "false"}
            case "cas_value":
                return "PUT", target, {"value": request.value, "prevValue": request.expected}
            case "cas_index":
                return "PUT", target, {"value": request.value, "prevIndex": request.expected_index}
        return "PUT", target, {"value": request.value}

    def _remember(self, key: str, request: Request, answer: Answer) -> None:
        if answer.code == 0 and request.kind == "read" and answer.before is not None:
            self._seen[key] = answer.before
        elif answer.code == 0 and request.value:
            self._seen[key] = (request.value, answer.index)


def understand(kind: Kind, code: int, body: Any) -> Answer:
    """What an answer says of the key."""
    if code == 101:
        compared = _COMPARED.search(body["cause"])
        return Answer(code, actual=compared[2] if compared else "")
    if code:
        return Answer(code)
    node = body["node"]
    if kind == "read":
        return Answer(before=(node["value"], node["modifiedIndex"]))
    before: State = None
    if previous := body.get("prevNode"):
        before = (previous["value"], previous["modifiedIndex"])
    return Answer(index=node["modifiedIndex"], before=before)


class PromiseClient(Client):
    """Writes keys that nobody writes again, half of them with POST."""

    def __init__(self, name: str, site: Site, seed: int) -> None:
        super().__init__(name, site, seed)
        self._number = 0

    async def work(self) -> None:
        self._number += 1
        value = f"{self.name}.{self._number}"
        posting = self.chance.random() < 0.5
        parent = f"/queues/{self.chance.randrange(2)}" if posting else ""
        key = parent or f"/kept/{self.name}/{self._number}"
        invoked = self.site.now()
        method = "POST" if posting else "PUT"
        answered = await self.ask(method, f"/v2/keys{key}", {"value": value})
        if answered is None:
            promise = Promise(key, value, invoked, None, 0, parent)
        elif answered[0]:
            self.site.history.odd_answers.append(f"{method} {key}: {answered[1]}")
            return
        else:
            node = answered[1]["node"]
            returned, index = self.site.now(), node["modifiedIndex"]
            promise = Promise(node["key"], value, invoked, returned, index, parent)
        self.site.history.promises.append(promise)
