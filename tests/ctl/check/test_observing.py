"""Asking what `check` judges."""

from __future__ import annotations

import math
import time
from email.utils import formatdate

import pytest

from tests.ctl.asking import Members, members, metrics, response, variables
from tests.ctl.snapshots import member
from vard_http.client import Response
from vard_http.ctl.check.observing import observe, offset
from vard_http.ctl.observe.poll import Questions

N1 = "http://n1:2379"


class Clock(Members):
    """One member, whose clock is `ahead` seconds ahead of ours."""

    def __init__(self, ahead: float) -> None:
        super().__init__(
            {
                N1: {
                    "/metrics": metrics("1a"),
                    "/debug/vars": variables("1a"),
                    "/v2/members": members(member(1)),
                    "/health": response('{"health":"true"}'),
                    "/version": response('{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}'),
                }
            }
        )
        self._ahead = ahead

    async def request(self, method: str, path: str, *, endpoint: str | None = None) -> Response:
        answer = await super().request(method, path, endpoint=endpoint)
        date = formatdate(math.floor(time.time() + self._ahead), usegmt=True)
        return Response(answer.status, {**answer.headers, "date": date}, answer.body)


async def test_all_is_asked_of_a_member() -> None:
    seen = await observe(Questions(Clock(ahead=7.0), patience=1.0), [N1, "http://nowhere:1"])
    assert seen.health["1a"].healthy
    assert seen.versions["1a"].cluster == "3.4.0"
    assert seen.listings["1a"].members == (member(1),)
    assert seen.offsets["1a"].low <= 7.0 <= seen.offsets["1a"].high
    assert seen.offsets["1a"].width < 0.1
    assert seen.after.at > seen.before.at
    assert set(seen.urls) == {N1, "http://nowhere:1"}


async def test_nobody_is_observed_at_once() -> None:
    seen = await observe(Questions(Members({}), patience=1.0), [N1])
    assert (seen.after.members, seen.health, seen.offsets) == ((), {}, {})


@pytest.mark.parametrize("date", ["", "yesterday"])
async def test_without_a_date_nothing_is_known_of_a_clock(date: str) -> None:
    told = Members({N1: {"/version": response("{}", date=date)}})
    assert await offset(Questions(told, patience=1.0), N1) is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (response('{"health":"false","reason":"NOSPACE"}', status=503), "NOSPACE"),
        (response('{"health":"false"}', status=503), "/health says so"),
        (response("oops", status=500), "/health is answered with status 500"),
    ],
)
async def test_a_member_says_why_it_is_not_healthy(answer: Response, reason: str) -> None:
    told = Clock(ahead=0.0)
    told.answers[N1]["/health"] = answer
    del told.answers[N1]["/version"]
    seen = await observe(Questions(told, patience=1.0), [N1])
    assert (seen.health["1a"].healthy, seen.health["1a"].reason) == (False, reason)
