"""/v2/keys: from parameters to operations (contract 4 and 5.1)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec

from vard_http.api.media import FORM, check_media_type
from vard_http.api.urls import Form
from vard_http.store import (
    Command,
    CompareAndDelete,
    CompareAndSwap,
    Create,
    Delete,
    Set,
    StoreError,
    Update,
    errors,
    expiration,
)

PREFIX: Final = b"/v2/keys"
METHODS: Final = (b"HEAD", b"GET", b"PUT", b"POST", b"DELETE")
MAX_FORM_BYTES: Final = 10 << 20

MAX_CACHED_READ: Final = 512
"""Bytes of path and query: so that the cache of reads stays below some megabytes."""

_TRUE: Final = frozenset((b"1", b"t", b"T", b"true", b"TRUE", b"True"))
_FALSE: Final = frozenset((b"0", b"f", b"F", b"false", b"FALSE", b"False"))
_DIGITS = re.compile(rb"[0-9]+", re.ASCII)
_MAX_UINT64: Final = (1 << 64) - 1


class Get(msgspec.Struct, frozen=True):
    """Read a node, linearizably if `quorum`; `waits` if it would be a watch but for that."""

    path: bytes
    recursive: bool
    sorted: bool
    quorum: bool
    waits: bool = False


class Watch(msgspec.Struct, frozen=True):
    """Wait for events from index `since` on; 0 is the next one."""

    path: bytes
    recursive: bool
    stream: bool
    since: int


class Write(msgspec.Struct, frozen=True):
    """A command to be replicated; `brief` is noValueOnSuccess.

    `recursive` is the parameter, which only matters to permissions.
    """

    command: Command
    brief: bool
    recursive: bool = False


class BrokenBody(msgspec.Struct, frozen=True):
    """A body that could not be read; `error` is Go's text for why."""

    error: str


Operation = Get | Watch | Write

_TOO_LARGE: Final = BrokenBody("http: POST too large")


def wants_form(method: bytes, content_type: bytes) -> bool:
    """Whether the body counts (contract 4.1); it is not even read otherwise."""
    return method in (b"PUT", b"POST") and check_media_type(content_type)[0] == FORM


def key_path(path: bytes) -> bytes:
    """The store's path for a decoded and cleaned request path below /v2/keys."""
    return b"/1" + path[len(PREFIX) :].rstrip(b"/")


def parse(
    method: bytes,
    path: bytes,
    query: bytes,
    content_type: bytes,
    body: bytes | BrokenBody,
    now: int,
    max_form_bytes: int = MAX_FORM_BYTES,
) -> Operation:
    """The operation that a request asks for; `path` is the store's, `now` nanoseconds since 1970.

    Raises StoreError with index 0 for the first rule of contract 4.3 that is broken.
    """
    if not query and method == b"GET":
        return Get(path, recursive=False, sorted=False, quorum=False)
    if method in (b"GET", b"HEAD"):
        read = _read_cached if len(path) + len(query) <= MAX_CACHED_READ else _read
        return read(method, path, query)
    if isinstance(body, bytes) and len(body) > max_form_bytes:
        body = _TOO_LARGE
    if (
        not query
        and method == b"PUT"
        and content_type == FORM
        and isinstance(body, bytes)
        and _is_plain_value(body)
    ):
        # What follows, for the commonest write: just a value.
        return Write(Set(now, path, body[6:].replace(b"+", b" ")), brief=False)
    return _operation(method, path, _form(method, query, content_type, body).values, now)


def _is_plain_value(body: bytes) -> bool:
    """Whether a form is just a value, with nothing in it to decode but spaces."""
    # Three searches for a byte are many times faster than one regular expression.
    return body.startswith(b"value=") and not (b"&" in body or b"%" in body or b";" in body)


def _read(method: bytes, path: bytes, query: bytes) -> Operation:
    """A GET or HEAD, which means the same at any time."""
    return _operation(method, path, _form(method, query, b"", b"").values, 0)


_read_cached = lru_cache(maxsize=4096)(_read)
"""Clients read the same few keys in the same way again and again."""


def _operation(method: bytes, path: bytes, values: dict[bytes, bytes], now: int) -> Operation:
    prev_index = _number(values, b"prevIndex")
    since = _number(values, b"waitIndex")
    recursive = _flag(values, b"recursive")
    in_order = _flag(values, b"sorted")
    wait = _flag(values, b"wait")
    directory = _flag(values, b"dir")
    quorum = _flag(values, b"quorum")
    stream = _flag(values, b"stream")
    if wait and method != b"GET":
        raise StoreError(errors.INVALID_FIELD, b'"wait" can only be used with GET requests', 0)
    prev_value = values.get(b"prevValue")
    if prev_value == b"":
        raise StoreError(errors.PREV_VALUE_REQUIRED, b'"prevValue" cannot be empty', 0)
    brief = _flag(values, b"noValueOnSuccess")
    expires = _expires(values, now)
    prev_exist = _prev_exist(values)
    refresh = _refresh(values, expires)

    if method in (b"GET", b"HEAD"):
        if method == b"GET" and wait and not quorum:
            return Watch(path, recursive, stream, since)
        return Get(path, recursive, in_order, quorum and method == b"GET", wait)
    value = values.get(b"value", b"")
    command: Command
    if method == b"POST":
        command = Create(now, path, value, directory, True, expires)
    elif method == b"DELETE":
        if prev_index or prev_value:
            command = CompareAndDelete(now, path, prev_value, prev_index)
        else:
            command = Delete(now, path, directory, recursive)
    elif prev_exist is False:
        command = Create(now, path, value, directory, False, expires)
    elif prev_index or prev_value:
        command = CompareAndSwap(now, path, value, prev_value, prev_index, expires, refresh)
    elif prev_exist:
        command = Update(now, path, value, expires, refresh)
    else:
        command = Set(now, path, value, directory, expires, refresh)
    return Write(command, brief and method != b"DELETE", recursive)


def _form(method: bytes, query: bytes, content_type: bytes, body: bytes | BrokenBody) -> Form:
    """The parameters; of the body's only where it is a form that PUT or POST brought."""
    text, error = b"", None
    if method in (b"PUT", b"POST"):
        media_type, error = check_media_type(content_type)
        if media_type != FORM:
            pass
        elif isinstance(body, BrokenBody):
            error = body.error
        else:
            text = body
    form = Form(text, query)
    error = error or form.error
    if error:
        raise StoreError(errors.INVALID_FORM, error.encode(), 0)
    return form


def _number(values: dict[bytes, bytes], name: bytes) -> int:
    text = values.get(name)
    if text is None:
        return 0
    number = _uint64(text)
    if number is None:
        raise StoreError(errors.INDEX_NOT_A_NUMBER, b'invalid value for "%b"' % name, 0)
    return number


def _uint64(text: bytes) -> int | None:
    # The length is checked before the conversion, whose cost grows with its square.
    if not _DIGITS.fullmatch(text) or len(text.lstrip(b"0")) > 20:
        return None
    number = int(text.lstrip(b"0") or b"0")
    return number if number <= _MAX_UINT64 else None


def _flag(values: dict[bytes, bytes], name: bytes) -> bool:
    text = values.get(name)
    return text is not None and _truth(text, b'invalid value for "%b"' % name)


def _truth(text: bytes, cause: bytes) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise StoreError(errors.INVALID_FIELD, cause, 0)


def _prev_exist(values: dict[bytes, bytes]) -> bool | None:
    text = values.get(b"prevExist")
    return None if text is None else _truth(text, b"invalid value for prevExist")


def _expires(values: dict[bytes, bytes], now: int) -> int | None:
    text = values.get(b"ttl")
    if not text:
        return None
    ttl = _uint64(text)
    if ttl is None:
        raise StoreError(errors.TTL_NOT_A_NUMBER, b'invalid value for "ttl"', 0)
    return expiration(now, ttl)


def _refresh(values: dict[bytes, bytes], expires: int | None) -> bool:
    text = values.get(b"refresh")
    if text is None or not _truth(text, b"invalid value for refresh"):
        return False
    if values.get(b"value"):
        raise StoreError(errors.REFRESH_VALUE, b"A value was provided on a refresh", 0)
    if expires is None:
        raise StoreError(errors.REFRESH_TTL_REQUIRED, b"No TTL value set", 0)
    return True
