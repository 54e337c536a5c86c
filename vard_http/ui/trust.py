"""Which web pages may use this member through their users' browsers.

The page of one member reads the others, which are other origins to the browser; those, and no
more, are let in. etcd's own API lets in whom --cors names, which by default is everybody.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from vard_http.api.answers import Headers
from vard_http.api.urls import without_port
from vard_http.config.urls import is_ip
from vard_http.node import Member

GUARD_HEADER: Final = b"x-vard-ui"
"""No form can send it, and no script of another origin without our leave."""

_URL = re.compile(r"(https?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):([0-9]+)")
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")

_PREFLIGHT: Final[Headers] = (
    (b"Access-Control-Allow-Headers", b"authorization, content-type, " + GUARD_HEADER),
    (b"Access-Control-Allow-Methods", b"GET, PUT, POST, DELETE"),
    (b"Access-Control-Max-Age", b"600"),
)


class Trust:
    """Origins that are `members`' own, and hosts under which a browser may know this one.

    A name that is neither an IP address nor a member's nor in `hosts` may be a stranger's that
    points here (DNS rebinding), so a page from there is none of ours.
    """

    def __init__(self, members: Iterable[Member], hosts: Collection[bytes]) -> None:
        found = [_URL.fullmatch(url) for member in members for url in member.client_urls]
        urls = [match.group(1, 2, 3) for match in found if match is not None]
        self.connectable = tuple(
            sorted({f"{scheme}://{host}:{port}" for scheme, host, port in urls})
        )
        """The client URLs that a browser can use."""
        self._origins = {
            _origin(scheme, alias, port)
            for scheme, host, port in urls
            for alias in (_LOOPBACK if host in _LOOPBACK else (host,))
        }
        self._hosts = {host.lower().encode() for _, host, _ in urls} | set(hosts)

    def may_read(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a GET is this page's, or no browser's."""
        if b"origin" in headers:
            return self._is_ours(headers)
        return headers.get(b"sec-fetch-site", b"none") in (b"none", b"same-origin")

    def may_write(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a request that changes something is this page's, or no browser's."""
        if b"origin" in headers:
            return self._is_ours(headers)
        return b"sec-fetch-site" not in headers

    def cors(self, headers: Mapping[bytes, bytes]) -> Headers:
        """What lets a page of ours read the answer; nothing for any other."""
        vary = (b"Vary", b"Origin")
        if b"origin" not in headers or not self._is_ours(headers):
            return (vary,)
        return (
            # A browser shows its client certificate to another origin only with "credentials".
            (b"Access-Control-Allow-Credentials", b"true"),
            (b"Access-Control-Allow-Origin", headers[b"origin"]),
            (b"Access-Control-Expose-Headers", b"X-Etcd-Index"),
            vary,
        )

    def preflight(self, headers: Mapping[bytes, bytes]) -> Headers:
        """The answer to a browser that asks before it sends."""
        allowed = self.cors(headers)
        return (*_PREFLIGHT, *allowed) if len(allowed) > 1 else allowed

    def _is_ours(self, headers: Mapping[bytes, bytes]) -> bool:
        origin = headers[b"origin"]
        if origin in self._origins:
            return True
        host = headers.get(b"host", b"").lower()
        return origin.partition(b"://")[2] == host and self._names_us(without_port(host))

    def _names_us(self, host: bytes) -> bool:
        return (
            host == b"localhost"
            or host in self._hosts
            or b"[%b]" % host in self._hosts
            or is_ip(host.decode("latin-1"))
        )


def _origin(scheme: str, host: str, port: str) -> bytes:
    """As a browser writes it: in lower case, without the scheme's usual port."""
    suffix = "" if port == _DEFAULT_PORTS[scheme] else f":{port}"
    return f"{scheme}://{host.lower()}{suffix}".encode()
