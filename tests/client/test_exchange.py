"""What follows from an attempt's outcome: tables, and no server."""

from __future__ import annotations

import pytest

from tests.client.steps import CUT, REFUSED, answer, asked, error, event, play, targets
from vard_http.client import (
    ClusterUnavailable,
    CompareFailed,
    KeyNotFound,
    OutcomeUnknown,
    RaftInternal,
    Result,
    cluster,
    keys,
)
from vard_http.client.endpoints import Endpoints
from vard_http.client.exchange import Attempt, Decision, Failure, decide, exchange
from vard_http.client.model import Response
from vard_http.client.requests import Call

A, B, C = "http://a:1", "http://b:1", "http://c:1"

TIMED_OUT = error(300, 500, "etcdserver: request timed out")
FULL = error(300, 500, "etcdserver: mvcc: database space exceeded")


@pytest.mark.parametrize(
    ("outcome", "read", "write"),
    [
        (answer(200, {}), Decision.DONE, Decision.DONE),
        (error(100, 404), Decision.DONE, Decision.DONE),
        (error(101, 412), Decision.DONE, Decision.DONE),
        (error(110, 401), Decision.DONE, Decision.DONE),
        (REFUSED, Decision.NEXT, Decision.NEXT),
        (CUT, Decision.NEXT, Decision.UNKNOWN),
        (Failure("timed out", sent=True), Decision.NEXT, Decision.UNKNOWN),
        (TIMED_OUT, Decision.NEXT, Decision.UNKNOWN),
        (error(300, 500, "etcdserver: server stopped"), Decision.NEXT, Decision.UNKNOWN),
        (FULL, Decision.DONE, Decision.DONE),
        (error(300, 500, "etcdserver: too many requests"), Decision.DONE, Decision.DONE),
        (Response(502, {}, b"bad gateway"), Decision.NEXT, Decision.UNKNOWN),
        (Response(503, {}, b""), Decision.NEXT, Decision.UNKNOWN),
        (answer(307, None, location=B), Decision.FOLLOW, Decision.FOLLOW),
        (answer(301, None, location="/v2/keys/a"), Decision.FOLLOW, Decision.FOLLOW),
        (answer(301), Decision.DONE, Decision.DONE),
    ],
    ids=str,
)
def test_what_follows_for_reads_and_for_writes(
    outcome: Response | Failure, read: Decision, write: Decision
) -> None:
    assert decide(outcome, repeatable=True) is read
    assert decide(outcome, repeatable=False) is write


def test_an_answer_that_is_meant_is_final_whatever_its_status() -> None:
    assert decide(answer(503), repeatable=True, final=True) is Decision.DONE


def test_a_read_goes_from_one_endpoint_to_the_next() -> None:
    endpoints = Endpoints([A, B, C])
    result, steps = play(exchange(keys.get("k"), endpoints), CUT, TIMED_OUT, event(7))
    assert result.node.modified_index == 7
    assert asked(steps) == [A, B, C]
    assert endpoints.order() == (C, A, B)


def test_a_read_that_nobody_answers_names_every_reason() -> None:
    with pytest.raises(ClusterUnavailable) as failed:
        play(exchange(keys.get("k"), Endpoints([A, B])), REFUSED, TIMED_OUT)
    assert list(failed.value.errors) == [A, B]
    assert "request timed out" in str(failed.value)
    assert not isinstance(failed.value, OutcomeUnknown)


def test_a_write_is_sent_again_where_it_surely_did_not_happen() -> None:
    _, steps = play(exchange(keys.set("k", "v"), Endpoints([A, B])), REFUSED, event(7))
    assert asked(steps) == [A, B]


@pytest.mark.parametrize("outcome", [CUT, TIMED_OUT, Response(502, {}, b"")], ids=str)
@pytest.mark.parametrize(
    "call",
    [keys.set("k", "v"), keys.set("k", "v", prev_index=3), keys.delete("k")],
    ids=["set", "compare and swap", "delete"],
)
def test_a_write_that_may_have_happened_is_not_sent_again(
    call: Call[Result], outcome: Response | Failure
) -> None:
    endpoints = Endpoints([A, B])
    with pytest.raises(OutcomeUnknown, match="may or may not have happened"):
        play(exchange(call, endpoints), outcome)
    assert endpoints.order()[0] == B


def test_a_write_refused_for_a_full_disk_is_an_error_of_its_own() -> None:
    with pytest.raises(RaftInternal, match="space exceeded"):
        play(exchange(keys.set("k", "v"), Endpoints([A, B])), FULL)


def test_a_change_of_members_that_got_no_answer_is_not_sent_again() -> None:
    with pytest.raises(OutcomeUnknown):
        play(exchange(cluster.add_member(["http://x:1"]), Endpoints([A, B])), CUT)


def test_a_refusal_ends_the_search() -> None:
    with pytest.raises(CompareFailed):
        play(exchange(keys.set("k", "v", prev_value="x"), Endpoints([A, B])), error(101, 412))


def test_one_endpoint_only_is_asked_if_one_is_named() -> None:
    with pytest.raises(ClusterUnavailable):
        play(exchange(cluster.health(B), Endpoints([A, B, C])), REFUSED)


def test_a_named_endpoint_is_not_preferred_afterwards() -> None:
    endpoints = Endpoints([A, B, C])
    play(exchange(cluster.health(f"{B}/"), endpoints), answer(200, {"health": "true"}))
    assert endpoints.order() == (A, B, C)


def test_a_redirect_is_followed_with_the_same_request() -> None:
    moved = answer(307, None, location=f"{B}/v2/keys/k?x=1")
    _, steps = play(exchange(keys.set("k", "v"), Endpoints([A, B])), moved, event(7))
    first, second = steps
    assert isinstance(first, Attempt)
    assert isinstance(second, Attempt)
    assert (second.endpoint, second.request.target) == (B, "/v2/keys/k?x=1")
    assert (second.request.method, second.request.body) == ("PUT", first.request.body)


@pytest.mark.parametrize(
    ("location", "trusted"),
    [("/v2/keys/k", True), (f"{B}/k", True), ("http://elsewhere:1/k", False), ("//a:2/k", False)],
)
def test_passwords_go_to_endpoints_only(location: str, trusted: bool) -> None:
    moved = answer(301, None, location=location)
    _, steps = play(exchange(keys.get("k"), Endpoints([A, B])), moved, event(7))
    assert isinstance(steps[1], Attempt)
    assert steps[1].trusted is trusted


def test_a_circle_of_redirects_ends() -> None:
    moved = answer(301, None, location="/v2/keys/k")
    with pytest.raises(ClusterUnavailable, match="redirects"):
        play(exchange(keys.get("k"), Endpoints([A])), *[moved] * 5)


def test_endpoints_are_compared_without_their_last_slash() -> None:
    assert Endpoints(f"{A}/, {A},{B}").urls == (A, B)


def test_a_replaced_list_keeps_the_endpoint_that_answers() -> None:
    endpoints = Endpoints([A, B])
    endpoints.prefer(B)
    endpoints.replace([C, B])
    assert endpoints.order() == (B, C)
    endpoints.replace([A, C])
    assert endpoints.order() == (A, C)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("", "/v2/keys/"),
        ("/", "/v2/keys/"),
        ("a", "/v2/keys/a"),
        ("//a//b/", "/v2/keys/a/b"),
        ("a b", "/v2/keys/a%20b"),
        ("a+b?c#d%", "/v2/keys/a%2Bb%3Fc%23d%25"),
        ("é", "/v2/keys/%C3%A9"),
    ],
)
def test_keys_become_paths(key: str, path: str) -> None:
    _, steps = play(exchange(keys.get(key), Endpoints([A])), event(1))
    assert targets(steps) == [path]


def test_an_error_carries_what_the_server_said() -> None:
    refused = error(100, 404, "/k", 9)
    with pytest.raises(KeyNotFound) as caught:
        play(exchange(keys.get("k"), Endpoints([A])), refused)
    assert (caught.value.code, caught.value.cause, caught.value.index) == (100, "/k", 9)
    assert str(caught.value) == "100: m (/k) [9]"
