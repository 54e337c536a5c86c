"""A request of an endpoint beside /v2/keys, read to its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec
import orjson

from vard_http.api.answers import JSON, Answer
from vard_http.api.service import Service


class Request(msgspec.Struct, frozen=True):
    """`path` is decoded and cleaned, `query` raw; `headers` have lower-case names."""

    method: bytes
    path: bytes
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes


Handler = Callable[[Service, Request], Awaitable[Answer]]

CONTENT_JSON = (b"Content-Type", JSON)


def message(status: int, text: str, *headers: tuple[bytes, bytes]) -> Answer:
    """The errors of all that is not a key: no newline at the end."""
    return Answer(status, (CONTENT_JSON, *headers), orjson.dumps({"message": text}))
