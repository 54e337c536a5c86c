"""A request of an endpoint beside /v2/keys, read to its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from vard_http.api.answers import JSON, Answer
from vard_http.api.service import Service
from vard_http.store import json_string


class Request(msgspec.Struct, frozen=True):
    """`path` is decoded and cleaned, `query` raw; `headers` have lower-case names.

    `peer_names` are the common names of a verified client certificate's chain. Headers and body
    may hold passwords, and are not shown.
    """

    method: bytes
    path: bytes
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes
    peer_names: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return f"Request({self.method!r}, {self.path!r})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("method", self.method), ("path", self.path)]


Handler = Callable[[Service, Request], Awaitable[Answer]]

CONTENT_JSON = (b"Content-Type", JSON)


def message(status: int, text: str | bytes, *headers: tuple[bytes, bytes]) -> Answer:
    """The errors of all that is not a key: no newline at the end."""
    raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return Answer(status, (CONTENT_JSON, *headers), b'{"message":%b}' % json_string(raw))
