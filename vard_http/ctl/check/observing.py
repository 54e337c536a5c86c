"""Asking a cluster all that `check` judges: two looks, and in between health, lists and clocks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from vard_http.client import ClientError, Health, Response, Version
from vard_http.ctl.check.clocks import PRECISE, Offset, moments
from vard_http.ctl.check.observed import Observed
from vard_http.ctl.observe.poll import Listing, Poller, Questions
from vard_http.ctl.observe.snapshot import Answer, Silence

ROUNDS: Final = 2
MOMENTS: Final = 8
"""Two rounds of eight answers tell an offset to some 15 ms, and take two to three seconds."""

T = TypeVar("T")


async def observe(questions: Questions, endpoints: Sequence[str]) -> Observed:
    """Everything there is to judge; takes some three seconds."""
    poller = Poller(questions, endpoints)
    before = await poller.poll()
    places = {id: one.address for id, one in before.samples().items()}
    offsets, health, listings, versions = await asyncio.gather(
        _of_each(places, lambda url: offset(questions, url)),
        _of_each(places, lambda url: _health(questions, url)),
        _of_each(places, lambda url: _listing(questions, url)),
        _of_each(places, lambda url: _version(questions, url)),
    )
    after = await poller.poll()
    known = {one.address: one for one in after.samples().values()}
    advertised = [url for member in after.members for url in member.client_urls]
    return Observed(
        endpoints=endpoints,
        before=before,
        after=after,
        health=health,
        listings=listings,
        versions=versions,
        offsets=offsets,
        urls=await _at_all(questions, dict.fromkeys([*advertised, *endpoints]), known),
    )


async def _of_each(
    places: Mapping[str, str], ask: Callable[[str], Awaitable[T | None]]
) -> dict[str, T]:
    answers = await asyncio.gather(*(ask(url) for url in places.values()))
    return {id: one for id, one in zip(places, answers, strict=True) if one is not None}


async def _at_all(
    questions: Questions, urls: Mapping[str, None], known: Mapping[str, Answer]
) -> dict[str, Answer]:
    asked = [url for url in urls if url not in known]
    answers = await asyncio.gather(*(questions.sample(url) for url in asked))
    return {**known, **dict(zip(asked, answers, strict=True))}


async def offset(questions: Questions, url: str) -> Offset | None:
    """How far the clock at `url` is from ours; None if its answers do not tell."""
    found = Offset()
    for _ in range(ROUNDS):
        for moment in moments(found, time.time(), MOMENTS):
            await asyncio.sleep(max(0.0, moment - time.time()))
            sent = time.time()
            answer = await questions.get(url, "/version")
            received = time.time()
            date = _date(answer)
            if date is None:
                return None
            found = found.narrowed(sent, received, date)
            if found.width < PRECISE:
                return found
    return found


def _date(answer: Response | Silence) -> float | None:
    """Seconds since 1970 in its Date."""
    if isinstance(answer, Silence):
        return None
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except ValueError:
        return None


async def _health(questions: Questions, url: str) -> Health | None:
    answer = await questions.get(url, "/health")
    if isinstance(answer, Silence):
        return Health(False, answer.reason)
    try:
        body = answer.json()
        return Health(
            str(body["health"]) == "true", str(body.get("reason", "")) or "/health says so"
        )
    except (ClientError, KeyError, TypeError, AttributeError):
        return Health(False, f"/health is answered with status {answer.status}")


async def _listing(questions: Questions, url: str) -> Listing | None:
    answer = await questions.listing(url)
    return answer if isinstance(answer, Listing) else None


async def _version(questions: Questions, url: str) -> Version | None:
    answer = await questions.get(url, "/version")
    if isinstance(answer, Silence):
        return None
    try:
        body = answer.json()
        return Version(str(body["etcdserver"]), str(body["etcdcluster"]))
    except (ClientError, KeyError, TypeError):
        return None
