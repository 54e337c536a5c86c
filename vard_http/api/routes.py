"""Which path and method lead where (contract 1.1 to 1.4)."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from vard_http.api.answers import Answer, method_not_allowed, moved, not_found, plain_error
from vard_http.api.endpoints import find_endpoint
from vard_http.api.keys import METHODS as KEYS_METHODS
from vard_http.api.request import Handler
from vard_http.api.service import Service
from vard_http.api.urls import (
    clean,
    escape_non_ascii,
    escape_path,
    split_target,
    without_port,
)
from vard_http.govalues import quote


class Keys(msgspec.Struct, frozen=True):
    """A request of /v2/keys; `path` is the whole decoded path."""

    path: bytes
    query: bytes


class Other(msgspec.Struct, frozen=True):
    """A request of any other endpoint."""

    handler: Handler
    path: bytes
    query: bytes


Route = Answer | Keys | Other

_MISDIRECTED = b"""
etcd received your request, but the Host header was unrecognized.

To fix this, choose one of the following options:
- Enable TLS, then any HTTPS request will be allowed.
- Add the hostname you want to use to the whitelist in settings.
  - e.g. etcd --host-whitelist %b

This requirement has been added to help prevent "DNS Rebinding" attacks (CVE-2018-5702).
"""

_PLAIN_KEY = re.compile(rb"/v2/keys(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
"""Targets of keys that are their own decoded and cleaned path."""

GENERAL_OPTIONS: Final = Answer(200, ((b"Content-Length", b"0"),), cors=False)
BAD_ASTERISK: Final = Answer(400, ((b"Connection", b"close"),), close=True)


def route(service: Service, method: bytes, target: bytes, host: bytes | None) -> Route:
    """Where a request goes, or what it gets at once. Raises UrlError if the target is not one.

    `host` is None on TLS, where no Host header is refused.
    """
    if host is not None and service.is_misdirected(host):
        return _misdirected(without_port(host))
    if service.v2 and method in KEYS_METHODS and _PLAIN_KEY.fullmatch(target):
        return Keys(target, b"")
    if target == b"*":
        return GENERAL_OPTIONS if method == b"OPTIONS" else BAD_ASTERISK
    if method == b"CONNECT" and not target.startswith(b"/"):
        return not_found()
    path, query = split_target(target)
    mounted = service.mounted(path)
    if method == b"OPTIONS" and mounted is None:
        return Answer(200, ())
    cleaned = clean(path)
    if cleaned != path:
        return redirect(method, cleaned, query)
    if mounted is not None:
        return Other(mounted, path, query)
    if service.v2 and (path == b"/v2/keys" or path.startswith(b"/v2/keys/")):
        if method not in KEYS_METHODS:
            return method_not_allowed(b",".join(KEYS_METHODS))
        return Keys(path, query)
    return _other(method, path, query, service.v2)


def _misdirected(host: bytes) -> Answer:
    answer = plain_error(421, _MISDIRECTED % quote(host.decode("utf-8", "replace")).encode())
    answer.cors = False
    return answer


def redirect(method: bytes, cleaned: bytes, query: bytes) -> Answer:
    """To the same place under its cleaned path."""
    location = escape_path(cleaned)
    if query:
        location += b"?" + query
    return moved(method, escape_non_ascii(location), location)


def _other(method: bytes, path: bytes, query: bytes, v2: bool) -> Route:
    endpoint = find_endpoint(path, v2=v2)
    if endpoint is None:
        return not_found()
    if endpoint.methods and method not in endpoint.methods:
        return method_not_allowed(b",".join(endpoint.methods))
    return Other(endpoint.handler, path, query)
