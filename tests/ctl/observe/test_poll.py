"""Members are found and followed, whatever becomes of them."""

from __future__ import annotations

import asyncio

import pytest

from tests.ctl.asking import Members, members, metrics, response, variables
from tests.ctl.snapshots import CLUSTER, member
from vard_http.client import AsyncClient, Member, Response
from vard_http.ctl.observe.poll import Poller, Questions
from vard_http.ctl.observe.snapshot import Sample, Silence

N1, N2, N3 = (f"http://n{number}:2379" for number in (1, 2, 3))
ALL = (member(1), member(2), member(3))


def cluster(*listed: Member) -> Members:
    """Members that answer where they advertise."""
    listed = listed or ALL
    return Members(
        {
            one.client_urls[0]: {
                "/metrics": metrics(one.id),
                "/debug/vars": variables(one.id),
                "/v2/members": members(*listed),
            }
            for one in listed
        }
    )


def poller(told: Members, *endpoints: str) -> Poller:
    return Poller(Questions(told, patience=1.0), endpoints or (N1,))


async def test_one_endpoint_leads_to_all_members() -> None:
    shot = await poller(cluster()).poll()
    assert shot.cluster_id == CLUSTER
    assert [one.name for one in shot.members] == ["n1", "n2", "n3"]
    assert {id: one.address for id, one in shot.samples().items()} == {"1a": N1, "2a": N2, "3a": N3}


async def test_members_are_in_the_order_of_their_names() -> None:
    shot = await poller(cluster(member(2), member(3, name=""), member(1))).poll()
    assert [one.name for one in shot.members] == ["n1", "n2", ""]


async def test_one_who_is_down_has_a_reason_and_is_found_when_it_returns() -> None:
    told = cluster()
    away = told.answers.pop(N2)
    watching = poller(told)
    assert (await watching.poll()).answers["2a"] == Silence("connection refused")
    told.answers[N2] = away
    assert (await watching.poll()).sample("2a") is not None


async def test_members_are_known_while_nobody_answers() -> None:
    told = cluster()
    watching = poller(told)
    await watching.poll()
    told.answers.clear()
    shot = await watching.poll()
    assert [one.name for one in shot.members] == ["n1", "n2", "n3"]
    assert shot.samples() == {}


async def test_nobody_at_all_is_no_member_but_there_are_reasons() -> None:
    shot = await poller(Members({}), N1, N2).poll()
    assert (shot.members, shot.answers, shot.cluster_id) == ((), {}, "")
    assert shot.nobody_at == {N1: "connection refused", N2: "connection refused"}
    assert (await poller(cluster()).poll()).nobody_at == {}


async def test_a_member_is_asked_where_it_answers_if_that_is_not_where_it_says() -> None:
    told = cluster()
    told.answers["http://127.0.0.1:1"] = told.answers.pop(N1)
    shot = await poller(told, "http://127.0.0.1:1").poll()
    found = shot.sample("1a")
    assert found is not None
    assert found.address == "http://127.0.0.1:1"


async def test_nobody_else_is_asked_once_all_are_found() -> None:
    told = cluster()
    watching = poller(told, N1, "http://nowhere:1")
    await watching.poll()
    told.asked.clear()
    await watching.poll()
    assert set(told.asked) == {N1, N2, N3}


async def test_another_member_where_one_should_be_is_told() -> None:
    told = cluster()
    told.answers[N2] = told.answers[N3]
    assert (await poller(told).poll()).answers["2a"] == Silence(f"another member answers at {N2}")


async def test_one_that_never_started_has_no_url() -> None:
    told = cluster(member(1), member(2))
    listed = members(member(1), member(2), member(3, name="", client_urls=()))
    for paths in told.answers.values():
        paths["/v2/members"] = listed
    assert (await poller(told).poll()).answers["3a"] == Silence("has not started yet")


async def test_a_member_added_meanwhile_is_asked_at_once() -> None:
    told = cluster(member(1), member(2))
    watching = poller(told)
    await watching.poll()
    told.answers = cluster().answers
    assert (await watching.poll()).sample("3a") is not None


@pytest.mark.parametrize(
    ("path", "answer", "reason"),
    [
        ("/metrics", response("nonsense", status=404), "/metrics is answered with status 404"),
        ("/metrics", response("{ nonsense"), "not understood"),
        ("/debug/vars", response("[]"), "not understood: /debug/vars is no JSON object"),
    ],
)
async def test_answers_that_are_none_are_silence(path: str, answer: Response, reason: str) -> None:
    told = cluster()
    told.answers[N1][path] = answer
    found = await Questions(told, 1.0).sample(N1)
    assert isinstance(found, Silence)
    assert found.reason.startswith(reason)


async def test_without_debug_vars_the_metrics_are_enough() -> None:
    told = cluster()
    told.answers[N1]["/debug/vars"] = response("404 page not found", status=404)
    found = await Questions(told, 1.0).sample(N1)
    assert isinstance(found, Sample)
    assert found.figures.id == "1a"


async def test_patience_ends() -> None:
    class Stuck:
        async def request(self, method: str, path: str, *, endpoint: str | None = None) -> Response:
            await asyncio.Event().wait()
            raise AssertionError

    found = await Questions(Stuck(), patience=0.01).sample(N1)
    assert found == Silence("no answer within 0.01 s")


async def test_urls_that_cannot_be_asked_are_silent() -> None:
    async with AsyncClient(N1) as client:
        found = await Questions(client, patience=1.0).sample("unix:///run/vard.sock:0")
    assert isinstance(found, Silence)
    assert found.reason.startswith("an endpoint is http://host:port")
