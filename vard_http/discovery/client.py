"""The requests to a discovery service, which is any server of the v2 API (contract 17)."""

from __future__ import annotations

import posixpath
import re
from typing import Final
from urllib.parse import quote as percent_encode
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

import aiohttp
import msgspec
from yarl import URL

from vard_http.discovery.errors import DiscoveryError
from vard_http.govalues import quote

DIAL_SECONDS: Final = 30.0
REQUEST_SECONDS: Final = 5.0
WATCH_ERRORS: Final = frozenset({400, 401})
"""Codes of a watch that came too late for the history: the list has to be read again."""

_WRONG_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")
_READING: Final = "quorum=false&recursive=false&sorted=false"


class Unavailable(Exception):
    """The service does not answer, or has no leader: it is worth asking again."""


class Refused(DiscoveryError):
    """The service answered with an error of the v2 API."""

    def __init__(self, code: int, message: str, cause: str, index: int) -> None:
        super().__init__(f"{code}: {message} ({cause}) [{index}]")
        self.code = code


class Node(msgspec.Struct, rename="camel"):
    """A node of the v2 API."""

    key: str = ""
    value: str = ""
    created_index: int = 0
    modified_index: int = 0
    nodes: list[Node] = msgspec.field(default_factory=list)


class Found(msgspec.Struct):
    """What a request gives; `index` is X-Etcd-Index."""

    node: Node
    index: int


class _Success(msgspec.Struct):
    node: Node


class _Failure(msgspec.Struct, rename="camel"):
    error_code: int = 0
    message: str = ""
    cause: str = ""
    index: int = 0


_decode_success = msgspec.json.Decoder(_Success).decode
_decode_failure = msgspec.json.Decoder(_Failure).decode


class Client:
    """Asks below `url`, through the HTTP proxy at `proxy` if that is not empty.

    All methods raise Unavailable, Refused and DiscoveryError. Raises DiscoveryError for a URL of
    another scheme.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, proxy: str = "") -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise DiscoveryError(f"unsupported protocol scheme {parts.scheme!r} in a discovery URL")
        self.token = posixpath.normpath("/" + unquote(parts.path).lstrip("/"))
        self.place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._base = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
        self._session = session
        self._proxy = _proxy_url(proxy)

    async def get(self, key: str) -> Found:
        """The node `key` below the token; empty for the token itself, with what is in it."""
        return await self._ask("GET", key, _READING)

    async def create(self, key: str, value: str) -> Found:
        """Make `key` below the token; Refused with code 105 if it is there already."""
        return await self._ask("PUT", key, "prevExist=false", urlencode({"value": value}))

    async def watch(self, key: str, index: int, *, recursive: bool) -> Found:
        """The first event at or below `key` that is not before `index`, whenever it comes."""
        query = f"recursive={str(recursive).lower()}&wait=true&waitIndex={index}"
        try:
            return await self._ask("GET", key, query, seconds=None)
        except Refused as refused:
            if refused.code in WATCH_ERRORS:
                raise Unavailable(str(refused)) from refused
            raise

    async def _ask(
        self,
        method: str,
        key: str,
        query: str,
        form: str | None = None,
        seconds: float | None = REQUEST_SECONDS,
    ) -> Found:
        path = percent_encode(posixpath.join(self.token, key) if key else self.token)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        try:
            async with self._session.request(
                method,
                URL(f"{self._base}{path}?{query}", encoded=True),
                data=form,
                headers=headers,
                proxy=self._proxy,
                timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=DIAL_SECONDS),
            ) as response:
                body = await response.read()
        except TimeoutError as error:
            raise Unavailable("the request timed out") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(str(error)) from error
        if not body and response.status < 300:
            # A watch that the other end gave up without an event.
            raise Unavailable("the response has no body")
        return _read(response.status, response.headers.get("X-Etcd-Index", ""), body)


def _read(status: int, index: str, body: bytes) -> Found:
    if status // 100 == 5:
        reason = "has no leader" if status in (500, 503) else f"returns server error [{status}]"
        raise Unavailable(f"the discovery service {reason}")
    try:
        if status in (200, 201):
            return Found(_decode_success(body).node, int(index or 0))
        failure = _decode_failure(body)
    except (msgspec.MsgspecError, ValueError) as error:
        raise DiscoveryError("discovery: bad discovery endpoint") from error
    raise Refused(failure.error_code, failure.message, failure.cause, failure.index)


def _proxy_url(text: str) -> str | None:
    """As etcd reads --discovery-proxy: a text without a scheme of HTTP gets one."""
    if not text:
        return None
    if wrong := _WRONG_ESCAPE.search(text):
        reason = f"parse {quote(text)}: invalid URL escape {quote(wrong[0])}"
        raise DiscoveryError(f"invalid proxy address {quote(text)}: {reason}")
    return text if urlsplit(text).scheme.startswith("http") else f"http://{text}"
