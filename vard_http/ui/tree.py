"""GET /ui/tree and /ui/search: directories of any size, a page at a time."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Iterator
from typing import Final

from vard_http.api import Service
from vard_http.api.answers import Answer
from vard_http.api.request import CONTENT_JSON, Request, message
from vard_http.api.urls import Form
from vard_http.store import Directory, Node, StoreError, errors, json_string
from vard_http.store.event import render_expiry
from vard_http.ui.access import refused_read

SHOWN_BYTES: Final = 160
"""Of a value in a list; the whole value is in /ui/v2/keys."""

LIMIT: Final = 200
MAX_LIMIT: Final = 1000
SLICE: Final = 250
"""Nodes that a search looks at before others have their turn."""

NAMES_SLICE: Final = 10_000
"""The same for names that are only compared."""

SEARCH_SECONDS: Final = 5.0

_ROOT: Final = b"/1"
_HIDDEN: Final = ord("_")

_searching = asyncio.Semaphore(1)


async def tree(service: Service, request: Request) -> Answer:
    """The children of the directory behind /ui/tree, by name, `limit` of those behind `after`.

    Hidden ones are left out; `count` counts them too; `node` is the directory itself. Long values
    are cut: `bytes` is how long they are.
    """
    key, form = _key(request), Form(b"", request.query)
    if refused := await refused_read(service, request, key, recursive=False):
        return refused
    found = service.node.store.peek(_inner(key))
    if not isinstance(found, Directory):
        code = errors.KEY_NOT_FOUND if found is None else errors.NOT_A_DIRECTORY
        return service.refused(StoreError(code, key, service.node.store.index))
    limit = _limit(form)
    names = await _first(list(found.children), form.values.get(b"after", b""), limit + 1)
    now, below, children = time.time_ns(), key.rstrip(b"/"), found.children
    nodes = [
        _entry(b"%b/%b" % (below, name), children[name], now)
        for name in names[:limit]
        if name in children
    ]
    own = _entry(key, found, now)
    return _listed(service, nodes, more=len(names) > limit, count=len(children), own=own)


async def _first(names: list[bytes], after: bytes, count: int) -> list[bytes]:
    """The `count` first of those behind `after` that are not hidden, in order."""
    first: list[bytes] = []
    for start in range(0, len(names), NAMES_SLICE):
        if start:
            await asyncio.sleep(0)
        some = (n for n in names[start : start + NAMES_SLICE] if n > after and n[0] != _HIDDEN)
        first = heapq.nsmallest(count, (*first, *some))
    return first


async def search(service: Service, request: Request) -> Answer:
    """Nodes below the directory behind /ui/search whose path holds `q`, with `values` or their
    value; upper and lower case are the same.

    `more` says that there may be others: `limit` was reached, or SEARCH_SECONDS. One search at a
    time has its turn.
    """
    key, form = _key(request), Form(b"", request.query)
    text = form.values.get(b"q", b"").lower()
    if not text:
        return message(400, "q is missing")
    if refused := await refused_read(service, request, key, recursive=True):
        return refused
    limit, values = _limit(form), b"values" in form.values
    deadline = time.monotonic() + SEARCH_SECONDS
    found: list[tuple[bytes, Node | Directory]] = []
    more = False
    async with _searching:
        for seen, (path, node) in enumerate(_below(service, key)):
            if seen % SLICE == SLICE - 1:
                await asyncio.sleep(0)
                more = time.monotonic() > deadline
            if text in path.lower() or (values and _holds(node, text)):
                more = more or len(found) == limit
                found.append((path, node))
            if more:
                break
    now = time.time_ns()
    nodes = [_entry(path, node, now) for path, node in sorted(found[:limit], key=lambda it: it[0])]
    return _listed(service, nodes, more=more, count=len(nodes))


def _below(service: Service, key: bytes) -> Iterator[tuple[bytes, Node | Directory]]:
    """All that is below `key` and not hidden, each directory as it is when its turn comes."""
    waiting = [key.rstrip(b"/")]
    while waiting:
        path = waiting.pop()
        here = service.node.store.peek(_inner(path))
        if not isinstance(here, Directory):
            continue
        for name in list(here.children):
            child = here.children.get(name)
            if child is not None and name[0] != _HIDDEN:
                inside = b"%b/%b" % (path, name)
                if isinstance(child, Directory):
                    waiting.append(inside)
                yield inside, child


def _holds(node: Node | Directory, text: bytes) -> bool:
    return isinstance(node, Node) and node.value is not None and text in node.value.lower()


def _key(request: Request) -> bytes:
    """The path behind /ui/NAME; the root is `/`."""
    _, _, _, *names = request.path.split(b"/")
    return b"/" + b"/".join(names).strip(b"/")


def _inner(key: bytes) -> bytes:
    """Where a user's key is in the store."""
    return (_ROOT + key).rstrip(b"/")


def _limit(form: Form) -> int:
    given = form.values.get(b"limit", b"")
    if not given.isdigit() or not given.strip(b"0"):
        return LIMIT
    return min(int(given[:20]), MAX_LIMIT)  # Python makes no number of thousands of digits


def _entry(key: bytes, found: Node | Directory, now: int) -> bytes:
    if isinstance(found, Directory):
        node, what = found.node, b'"dir":true,"count":%d' % len(found.children)
    else:
        node, value = found, found.value or b""
        what = b'"value":%b,"bytes":%d' % (json_string(value[:SHOWN_BYTES]), len(value))
    expiry = render_expiry(node.expires, now) if node.expires else b""
    return b'{"key":%b,%b%b,"modifiedIndex":%d,"createdIndex":%d}' % (
        json_string(key),
        what,
        expiry,
        node.modified,
        node.created,
    )


def _listed(
    service: Service, nodes: list[bytes], *, more: bool, count: int, own: bytes = b"null"
) -> Answer:
    body = b'{"index":%d,"node":%b,"count":%d,"more":%b,"nodes":[%b]}' % (
        service.node.store.index,
        own,
        count,
        b"true" if more else b"false",
        b",".join(nodes),
    )
    return Answer(200, ((b"Cache-Control", b"no-store"), CONTENT_JSON), body)
