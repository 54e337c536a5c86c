"""Which path and method lead where (contract 1.1 to 1.4)."""

from __future__ import annotations

from typing import Final

import msgspec

from vard_http.api.answers import Answer, method_not_allowed, moved, not_found
from vard_http.api.keys import METHODS as KEYS_METHODS
from vard_http.api.urls import (
    clean,
    escape_non_ascii,
    escape_path,
    split_target,
)


class Keys(msgspec.Struct, frozen=True):
    """A request of /v2/keys; `path` is the whole decoded path."""

    path: bytes
    query: bytes


class Endpoint(msgspec.Struct, frozen=True):
    """A request of any other endpoint, by its name in ENDPOINTS."""

    name: bytes
    path: bytes
    query: bytes


Route = Answer | Keys | Endpoint

ENDPOINTS: Final[dict[bytes, tuple[bytes, ...]]] = {
    b"/v2/members": (b"GET",),
    b"/v2/members/": (b"GET",),
    b"/v2/machines": (b"GET", b"HEAD"),
    b"/v2/stats/self": (b"GET",),
    b"/v2/stats/store": (b"GET",),
    b"/version": (b"GET",),
    b"/health": (b"GET",),
}
"""The paths with the methods they take; one with a final slash stands for all below it too."""

_GENERAL_OPTIONS: Final = Answer(200, ((b"Content-Length", b"0"),), cors=False)
_BAD_ASTERISK: Final = Answer(400, ((b"Connection", b"close"),), close=True)


def route(method: bytes, target: bytes, *, v2: bool = True) -> Route:
    """Where a request goes, or what it gets at once; without `v2` there are no /v2 paths.

    Raises UrlError if the target is not one.
    """
    if target == b"*":
        return _GENERAL_OPTIONS if method == b"OPTIONS" else _BAD_ASTERISK
    if method == b"CONNECT" and not target.startswith(b"/"):
        return not_found()
    path, query = split_target(target)
    if method == b"OPTIONS":
        return Answer(200, ())
    cleaned = clean(path)
    if cleaned != path:
        return _redirect(method, cleaned, query)
    if v2 and (path == b"/v2/keys" or path.startswith(b"/v2/keys/")):
        if method not in KEYS_METHODS:
            return method_not_allowed(b",".join(KEYS_METHODS))
        return Keys(path, query)
    return _endpoint(method, path, query, v2)


def _redirect(method: bytes, cleaned: bytes, query: bytes) -> Answer:
    location = escape_path(cleaned)
    if query:
        location += b"?" + query
    return moved(method, escape_non_ascii(location), location)


def _endpoint(method: bytes, path: bytes, query: bytes, v2: bool) -> Route:
    name = path
    if name not in ENDPOINTS:
        name = b"/v2/members/" if path.startswith(b"/v2/members/") else b""
    methods = ENDPOINTS.get(name)
    if methods is None or (not v2 and name.startswith(b"/v2/")):
        return not_found()
    if method not in methods:
        return method_not_allowed(b",".join(methods))
    return Endpoint(name, path, query)
