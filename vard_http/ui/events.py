"""GET /ui/events: what happened below a key since an index, many events an answer.

A busy store makes thousands of events a second: one answer for each would drown a browser.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from vard_http.api import Service
from vard_http.api.answers import Answer
from vard_http.api.guard import Credentials
from vard_http.api.keys import PREFIX as KEYS
from vard_http.api.keys import Watch
from vard_http.api.request import CONTENT_JSON, Request, message
from vard_http.api.urls import Form
from vard_http.store import Event, Store, StoreError

WAIT_SECONDS: Final = 20.0
GATHER_SECONDS: Final = 0.05
_PATH: Final = b"/ui/events"
MAX_BYTES: Final = 4 << 20
MAX_EVENTS: Final = 1000


async def events(service: Service, request: Request) -> Answer:
    """Those behind index `after` on, or the next ones; none if none comes in WAIT_SECONDS.

    `index` is what the next request gives as `after`; without one the answer comes at once and
    only tells it. `missed`: some are not known any more.
    """
    store = service.node.store
    given = Form(b"", request.query).values.get(b"after", b"")
    if given and not given.isdigit():
        return message(400, "after is no index")
    watch = await _permitted(service, request)
    if isinstance(watch, Answer):
        return watch
    if not given:
        return _answer([], store.index, missed=False)
    after = int(given)
    missed = after + 1 < store.history.start_index
    gathered = _bounded(_past(store, watch, after))
    if not gathered and not missed:
        gathered, missed = await _next(store, watch, after)
    # Nothing is between the last of a full answer and the next request but what it will ask for.
    full = len(gathered) == MAX_EVENTS or sum(map(_size, gathered)) >= MAX_BYTES
    index = gathered[-1].index if full else max(after, store.index)
    return _answer(gathered, index, missed=missed)


async def _permitted(service: Service, request: Request) -> Watch | Answer:
    """What the same watch on /v2/keys would be, or its refusal."""
    decided: asyncio.Future[Watch | Answer] = asyncio.get_running_loop().create_future()

    def decide(result: Watch | Answer) -> None:
        if not decided.done():
            decided.set_result(result)

    service.keys(
        b"GET",
        KEYS + request.path.removeprefix(_PATH),
        b"wait=true&recursive=true&stream=true",
        b"",
        b"",
        Credentials(request.headers.get(b"authorization", b""), request.peer_names),
        decide,
        decide,
    )
    return await decided


def _past(store: Store, watch: Watch, after: int) -> Iterator[Event]:
    """The events behind `after` that the history has, as a watcher would have been told them."""
    below = watch.path + b"/"
    for event in store.history.since(after + 1):
        if event.refresh:
            continue
        inside = event.path.startswith(below) and b"/_" not in event.path[len(watch.path) :]
        gone = event.removes_directory and below.startswith(event.path + b"/")
        if inside or gone or event.path == watch.path:
            yield event


def _bounded(found: Iterator[Event]) -> list[Event]:
    kept: list[Event] = []
    size = 0
    for event in found:
        kept.append(event)
        size += _size(event)
        if size >= MAX_BYTES or len(kept) == MAX_EVENTS:
            break
    return kept


async def _next(store: Store, watch: Watch, after: int) -> tuple[list[Event], bool]:
    """The next events, and what comes with them; whether there was a hole instead.

    `after` may be ahead of this member, if its client was told it by another.
    """
    gathered: list[Event] = []
    happened = asyncio.Event()
    missed = False
    size = 0

    def deliver(event: Event) -> bool:
        nonlocal size
        if event.index <= after:
            return True
        gathered.append(event)
        size += _size(event)
        happened.set()
        return size < MAX_BYTES and len(gathered) < MAX_EVENTS

    def ended() -> None:
        nonlocal missed
        missed = True
        happened.set()

    try:
        watcher = store.watch(watch.path, recursive=True, stream=True, deliver=deliver, ended=ended)
    except StoreError:
        return [], True
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await happened.wait()
        await asyncio.sleep(GATHER_SECONDS)
    except TimeoutError:
        pass
    finally:
        watcher.cancel()
    return gathered, missed


def _size(event: Event) -> int:
    return len(event.to_json())


def _answer(found: list[Event], index: int, *, missed: bool) -> Answer:
    body = b'{"index":%d,"missed":%b,"events":[%b]}' % (
        index,
        b"true" if missed else b"false",
        b",".join(event.to_json() for event in found),
    )
    return Answer(200, ((b"Cache-Control", b"no-store"), CONTENT_JSON), body)
