"""What a differential run does to both servers, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.harness.wire import request_bytes


@dataclass(frozen=True)
class Ask:
    """One request on the connection that a seed keeps open.

    `key` is the key as written in the target (empty for the root, None if it is no key request).
    """

    category: str
    data: bytes
    method: str
    key: bytes | None = None


@dataclass(frozen=True)
class Alone:
    """Bytes on a connection of their own; one answer is read for each of `methods`.

    Afterwards a plain GET on the same connection shows whether the server keeps it open.
    """

    category: str
    data: bytes
    methods: tuple[str, ...]


@dataclass(frozen=True)
class Expecting:
    """A request whose body is held back until the server asks for it with 100 Continue."""

    category: str
    head: bytes
    body: bytes
    method: str


@dataclass(frozen=True)
class Broken:
    """Bytes that are no proper request; all that comes back is compared, byte for byte."""

    category: str
    data: bytes


@dataclass(frozen=True)
class OpenWatch:
    """A GET with wait=true on a connection of its own; its body is compared when the seed ends."""

    category: str
    data: bytes


@dataclass(frozen=True)
class Expire:
    """Requests that make nodes expire soon, preceded by `guard`, a key that expires last.

    The run goes on when the guard is gone from both servers: then so is all that was due before.
    """

    category: str
    guard: Ask
    guard_target: bytes
    asks: tuple[Ask, ...] = field(default=())


@dataclass(frozen=True)
class Administer:
    """A request that is no key request, on a connection that the others do not use.

    It may hold placeholders (`administration.py`) for what is different on each side.
    """

    category: str
    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


Step = Ask | Alone | Expecting | Broken | OpenWatch | Expire | Administer


def sent(step: Step) -> bytes:
    """All the bytes of the step, for people to read."""
    match step:
        case Expecting(head=head, body=body):
            return head + body
        case Expire(guard=guard, asks=asks):
            return b"".join(ask.data for ask in (guard, *asks))
        case Administer():
            return request_bytes(step.method, step.target, step.headers, step.body)
        case _:
            return step.data
