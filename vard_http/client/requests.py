"""Requests: what is sent to whichever endpoint is next, and how its answer is to be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from vard_http.client.model import Response

T = TypeVar("T")

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

# All that RFC 3986 lets stand in a path; `+` must not be read as a space by anybody.
_PATH_SAFE = "/:@!$&'()*,=~"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request without its address.

    `target` is percent-encoded, with the query. `repeatable` says that sending it twice does no
    harm: reads, and writes that are made so that a second one changes nothing. A request with
    `hold` is a long poll: once its answer has begun, the end is waited for that many seconds,
    and it stays open then.
    """

    method: str
    target: str
    body: bytes | None = None
    content_type: str | None = None
    repeatable: bool = False
    hold: float | None = None


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request, and what its answer means.

    `endpoint` is the only one to ask, None for any. `final` says of an answer with status 5xx
    that it is meant: it is given to `read`, and no other endpoint is asked.
    """

    request: Request
    read: Callable[[Response], T]
    endpoint: str | None = None
    final: bool = False

    def repeatable(self) -> Call[T]:
        """The same, for a write that may be sent again though it may have happened."""
        return replace(self, request=replace(self.request, repeatable=True))


def clean_key(key: str) -> str:
    """The key as the server tells it: `a//b/` is `/a/b`.

    Raises ValueError for `.` and `..`, which the server takes for steps in a path and not for
    names.
    """
    names = [name for name in key.split("/") if name]
    if "." in names or ".." in names:
        raise ValueError(f"a key cannot have a part named . or ..: {key!r}")
    return "/" + "/".join(names)


def key_path(key: str) -> str:
    """The percent-encoded path of a key: `a b` is `/v2/keys/a%20b`. Raises ValueError.

    Bytes that are not UTF-8 stand in it as Python has them in arguments and file names
    (`surrogateescape`).
    """
    # The root keeps its slash: guest's `/*` lets it read `/v2/keys/`, but not `/v2/keys`.
    return "/v2/keys" + quote(clean_key(key), safe=_PATH_SAFE, errors="surrogateescape")


def with_query(path: str, query: Mapping[str, str | int | bool | None]) -> str:
    """`path` with those parameters that are not None."""
    text = encode(query)
    return f"{path}?{text}" if text else path


def encode(parameters: Mapping[str, str | int | bool | None]) -> str:
    """A form of those parameters that are not None; booleans as etcd spells them."""
    pairs = [(name, _text(value)) for name, value in parameters.items() if value is not None]
    return urlencode(pairs, errors="surrogateescape")


def get_request(path: str, query: Mapping[str, str | int | bool | None] | None = None) -> Request:
    """A read."""
    return Request("GET", with_query(path, query or {}), repeatable=True)


def form_request(
    method: str, path: str, parameters: Mapping[str, str | int | bool | None]
) -> Request:
    """A write with its parameters in a form, where their length is not limited."""
    return Request(method, path, encode(parameters).encode(), FORM)


def json_request(method: str, path: str, value: Any) -> Request:
    """A write with a JSON body."""
    return Request(method, path, json.dumps(value).encode(), JSON)


def raw_request(
    method: str,
    path: str,
    query: Mapping[str, str | int | bool | None] | None,
    form: Mapping[str, str | int | bool | None] | None,
    body: Any,
) -> Request:
    """What the caller puts together. Raises ValueError for a form and JSON at once."""
    if form is not None and body is not None:
        raise ValueError("a request has a form or JSON, not both")
    if not path.startswith("/"):
        raise ValueError(f"the path must begin with a slash: {path!r}")
    method = method.upper()
    target = with_query(quote(path, safe=_PATH_SAFE + "%"), query or {})
    repeatable = method in ("GET", "HEAD", "OPTIONS")
    if form is not None:
        return Request(method, target, encode(form).encode(), FORM, repeatable)
    if body is not None:
        return Request(method, target, json.dumps(body).encode(), JSON, repeatable)
    return Request(method, target, repeatable=repeatable)


def _text(value: str | int | bool | None) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
