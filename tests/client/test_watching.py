"""The watch's states: which poll follows from which answer, without a server."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.client.steps import CUT, REFUSED, answer, asked, began, error, event, play, targets
from vard_http.client import EventIndexCleared, Result, Resync, Unauthorized
from vard_http.client.endpoints import Endpoints
from vard_http.client.exchange import Attempt, Listen, Outcome, Step
from vard_http.client.model import Response
from vard_http.client.watching import Item, Watching

A, B = "http://a:1", "http://b:1"

CLEARED = error(401, 400, "the requested history has been cleared [1005/11]", 2004)
HEALTHY = answer(200, {"id": "1"})


def watch(**options: Any) -> Watching:
    """A watch of /k on two members, after index 10."""
    return Watching(Endpoints([A, B]), "k", **{"after_index": 10, **options})


def follow(watching: Watching, *outcomes: Outcome) -> tuple[Item, list[Step]]:
    return play(watching.next(), *outcomes)


def wait_index(step: Step) -> int:
    assert isinstance(step, Attempt)
    query = parse_qs(urlsplit(step.request.target).query)
    assert query["wait"] == ["true"]
    return int(query["waitIndex"][0])


def test_it_begins_behind_what_is_committed() -> None:
    watching = watch(after_index=None)
    _, steps = play(watching.start(), answer(200, {"action": "get", "node": {}}, 12))
    assert targets(steps) == ["/v2/keys/k?quorum=true"]
    assert watching.after == 12


def test_it_begins_although_the_key_does_not_exist() -> None:
    watching = watch(after_index=None)
    play(watching.start(), error(100, 404, "/k", 12))
    assert watching.after == 12


def test_an_index_that_is_given_needs_no_question() -> None:
    play(watch().start())


def test_each_poll_asks_from_behind_the_last_event() -> None:
    watching = watch(recursive=True)
    first, before = follow(watching, event(14, "/k/a"))
    _, after = follow(watching, event(15, "/k/a"))
    assert isinstance(first, Result)
    assert (wait_index(before[0]), wait_index(after[0])) == (11, 15)
    assert "recursive=true" in targets(before)[0]


@pytest.mark.parametrize(
    ("watched", "changed", "action", "told"),
    [
        ("/k", "/k", "set", True),
        ("/k", "/k/a/b", "set", True),
        ("/k", "/k/_h", "set", False),
        ("/k", "/k/_h/a", "set", False),
        ("/_h", "/_h/a", "set", True),
        ("/", "/a", "set", True),
        ("/", "/_h/a", "set", False),
        ("/p/q", "/p", "delete", True),
        ("/p/q", "/p", "expire", True),
        ("/px", "/p", "delete", False),
    ],
)
def test_history_tells_no_more_than_a_watcher_would_have_seen(
    watched: str, changed: str, action: str, told: bool
) -> None:
    watching = Watching(Endpoints([A, B]), watched, recursive=True, after_index=10)
    item, _ = play(watching.poll(1.0), event(12, changed, action))
    assert (item is not None) is told
    assert watching.after == 12


@pytest.mark.parametrize(
    ("broken", "members"),
    [
        ([CUT], [A, B]),
        ([REFUSED], [A, B]),
        ([REFUSED, CUT, REFUSED], [A, B, A, B]),
        ([error(300, 500, "etcdserver: too many watchers")], [A, B]),
        ([Response(502, {}, b"")], [A, B]),
        ([began(50), CUT], [A, B]),
    ],
    ids=["cut", "refused", "often", "too many watchers", "bad gateway", "cut while it waits"],
)
def test_a_broken_poll_is_asked_again_elsewhere(broken: list[Outcome], members: list[str]) -> None:
    healthy = [HEALTHY] if isinstance(broken[0], type(began(0))) else []
    outcomes = [*broken[:1], *healthy, *broken[1:], event(60)]
    _, steps = follow(watch(), *outcomes)
    polls = [step for step in steps if isinstance(step, Attempt) and "wait" in step.request.target]
    assert asked(list(polls)) == members
    assert {wait_index(step) for step in polls} == {11}


def test_a_redirect_is_followed() -> None:
    moved = answer(307, None, location=f"{B}/v2/keys/k?wait=true&waitIndex=11")
    _, steps = follow(watch(), moved, event(60))
    assert asked(steps) == [A, B]
    assert [wait_index(step) for step in steps] == [11, 11]


def test_an_empty_answer_that_ended_well_moves_the_index() -> None:
    """The server had looked through its history, and up to X-Etcd-Index there was nothing."""
    _, steps = follow(watch(), answer(200, None, 40), event(60))
    assert [wait_index(step) for step in steps] == [11, 41]


def test_an_empty_answer_whose_end_is_the_connection_s_does_not() -> None:
    unframed = Response(200, {"x-etcd-index": "40"}, b"")
    _, steps = follow(watch(), unframed, event(60))
    assert [wait_index(step) for step in steps] == [11, 11]


def test_a_quiet_poll_stays_open_while_its_member_is_healthy() -> None:
    item, steps = follow(watch(), began(50), HEALTHY, began(50), HEALTHY, event(60))
    assert isinstance(item, Result)
    assert [type(step) for step in steps] == [Attempt, Attempt, Listen, Attempt, Listen]
    assert targets(steps)[1] == "/v2/members/leader"


def test_the_poll_after_an_event_is_a_new_one() -> None:
    watching = watch()
    follow(watching, began(50), HEALTHY, event(60))
    _, steps = follow(watching, event(61))
    assert wait_index(steps[0]) == 61


@pytest.mark.parametrize(
    "sign", [CUT, REFUSED, answer(503, {"message": "During election"})], ids=str
)
def test_a_member_that_hangs_or_has_no_leader_is_left(sign: Outcome) -> None:
    _, steps = follow(watch(), began(50), sign, event(60))
    assert asked(steps) == [A, A, B]
    assert wait_index(steps[2]) == 11


@pytest.mark.parametrize("code", [401, 400])
def test_a_gap_is_filled_with_the_state(code: int) -> None:
    node = {"key": "/k", "dir": True, "nodes": [{"key": "/k/a", "value": "1"}]}
    state = answer(200, {"action": "get", "node": node}, 2005)
    watching = watch(recursive=True)
    item, steps = follow(watching, error(code, 400, "cleared", 2004), state)
    assert isinstance(item, Resync)
    assert (item.lost_from, item.etcd_index) == (11, 2005)
    assert item.node is not None
    assert [leaf.key for leaf in item.node.leaves()] == ["/k/a"]
    assert targets(steps)[1] == "/v2/keys/k?quorum=true&recursive=true"
    _, steps = follow(watching, event(2009))
    assert wait_index(steps[0]) == 2006


def test_a_gap_tells_of_a_key_that_is_gone() -> None:
    item, _ = follow(watch(), CLEARED, error(100, 404, "/k", 2005))
    assert item == Resync(None, 2005, 11)


def test_a_gap_is_raised_if_that_was_chosen() -> None:
    with pytest.raises(EventIndexCleared):
        follow(watch(on_gap="raise"), CLEARED)


def test_a_gap_outlives_a_cluster_that_does_not_answer() -> None:
    state = error(100, 404, "/k", 2005)
    item, _ = follow(watch(), CLEARED, REFUSED, REFUSED, CLEARED, state)
    assert item == Resync(None, 2005, 11)


def test_another_cluster_at_the_same_address_is_a_gap() -> None:
    watching = watch()
    follow(
        watching,
        answer(200, {"action": "set", "node": {"modifiedIndex": 11}}, x_etcd_cluster_id="1"),
    )
    other = answer(200, {"action": "set", "node": {"modifiedIndex": 12}}, x_etcd_cluster_id="2")
    item, _ = follow(watching, other, error(100, 404, "/k", 3))
    assert item == Resync(None, 3, 12)


def test_another_cluster_is_noticed_though_it_is_quiet() -> None:
    watching = watch(after_index=None)
    play(watching.start(), answer(200, {"action": "get", "node": {}}, 12, x_etcd_cluster_id="1"))
    item, _ = follow(watching, began(50, x_etcd_cluster_id="2"), error(100, 404, "/k", 50))
    assert item == Resync(None, 50, 13)


def test_an_event_with_an_index_that_was_told_before_is_a_gap() -> None:
    item, _ = follow(watch(), event(10), error(100, 404, "/k", 10))
    assert item == Resync(None, 10, 11)


def test_a_cluster_that_lost_its_data_is_a_gap() -> None:
    missing = error(100, 404, "/k", 4)
    item, _ = follow(watch(), began(4), missing, missing)
    assert item == Resync(None, 4, 11)


def test_a_member_that_lags_is_waited_for() -> None:
    """Whether the cluster has our index is asked once for each poll."""
    newer = error(100, 404, "/k", 12)
    item, steps = follow(watch(), began(4), newer, HEALTHY, began(4), HEALTHY, event(13))
    assert isinstance(item, Result)
    assert isinstance(steps[-1], Listen)


def test_a_refusal_is_raised() -> None:
    with pytest.raises(Unauthorized):
        follow(watch(), error(110, 401))


@pytest.mark.parametrize("wrong", [{"on_gap": "skip"}, {"after_index": -1}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        watch(**wrong)
