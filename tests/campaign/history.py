"""What the clients of a campaign saw, as it is stored and as the checkers take it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from tests.campaign.register import Answer, Request
from tests.verification.linearizability import Operation

RegisterOperation = Operation[Request, Answer]


class Record(Struct, frozen=True):
    """One operation on a register; times are seconds of the campaign's monotonic clock."""

    client: str
    member: str
    operation: RegisterOperation


class Promise(Struct, frozen=True):
    """A write of a key that nobody ever writes again. `index` is 0 if it was not acknowledged.

    `parent` is the directory of an in-order key; its name then is `key` once it was acknowledged.
    """

    key: str
    value: str
    invoked: float
    returned: float | None
    index: int = 0
    parent: str = ""


class Hold(Struct, frozen=True):
    """A lock that was acknowledged: `fence` is its index. By its TTL it is held until `expires`,
    unless the holder began to give it back at `released`."""

    holder: str
    fence: int
    acquired: float
    expires: float
    released: float | None = None


class Event(Struct, frozen=True):
    """An event as a watcher gets it."""

    index: int
    action: str
    key: str
    value: str | None

    @classmethod
    def parse(cls, line: bytes) -> Event:
        raw: dict[str, Any] = msgspec.json.decode(line)
        node = raw["node"]
        return cls(node["modifiedIndex"], raw["action"], node["key"], node.get("value"))


class Watched(Struct):
    """What one watcher saw, in the order it came. It asked for all from `since` on, and lost sight
    between the indexes of each pair in `gaps` (errors 401: history that was cleared)."""

    watcher: str
    since: int
    events: list[Event] = []
    gaps: list[tuple[int, int]] = []
    reached: int = 0
    reconnects: int = 0


class History(Struct):
    """Everything that the clients saw."""

    records: list[Record] = []
    promises: list[Promise] = []
    holds: list[Hold] = []
    watched: list[Watched] = []
    odd_answers: list[str] = []
    """Answers that no request of the campaign may ever get."""

    def store(self, directory: Path) -> None:
        """One file of JSON lines for each kind."""
        _lines(directory / "registers.jsonl", self.records)
        _lines(directory / "promises.jsonl", self.promises)
        _lines(directory / "locks.jsonl", self.holds)
        _lines(directory / "watches.jsonl", self.watched)
        _lines(directory / "odd-answers.jsonl", self.odd_answers)


def _lines(path: Path, items: Iterable[object]) -> None:
    with path.open("wb") as file:
        for item in items:
            file.write(msgspec.json.encode(item) + b"\n")
