"""Which members are asked, in what order, and how it is told that none answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from vard_http.client import Client, ClientError, ClusterUnavailable, OutcomeUnknown, Response
from vard_http.client.requests import Call
from vard_http.ctl.cluster import Cluster, Question, Unreached
from vard_http.ctl.failures import Failed
from vard_http.ctl.goerrors import go_reason
from vard_http.ctl.options import Options

T = TypeVar("T")

URLS = ("http://a:1", "http://b:2", "http://c:3")

OK = Response(200, {}, b"{}")
NO_LEADER = Response(503, {}, b"{}")
BAD_GATEWAY = Response(502, {}, b"")

GET = Question("GET", "/x")
PUT = Question("PUT", "/x", body=b"value=1")
CREATE = Question("PUT", "/x?prevExist=false", body=b"value=1", once=True)


def refused(url: str) -> ClientError:
    return ClusterUnavailable({url: "[Errno 111] Connection refused"})


def silent(url: str) -> ClientError:
    return ClusterUnavailable({url: "timed out"})


def lost(url: str) -> ClientError:
    return OutcomeUnknown({url: "timed out"})


class Scripted(Client):
    """Has these outcomes for whoever is asked first, second and so on."""

    def __init__(self, *outcomes: Response | Callable[[str], ClientError]) -> None:
        super().__init__(URLS)
        self.outcomes = list(outcomes)
        self.asked: list[str] = []

    def call(self, call: Call[T], timeout: float | None = None) -> T:
        assert call.endpoint is not None
        self.asked.append(call.endpoint)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Response):
            return call.read(outcome)
        raise outcome(call.endpoint)


def ask(client: Scripted, question: Question) -> Response | str:
    """The answer, or how it is told that there is none, with a, b, c in the order of asking."""
    try:
        return Cluster(client, URLS, Options()).ask(question)
    except Unreached as unreached:
        told = str(unreached)
        for url, name in zip(client.asked, "abc", strict=False):
            told = told.replace(url, name).replace(url.removeprefix("http://"), name)
        return told


def test_every_member_is_asked_until_one_answers() -> None:
    client = Scripted(refused, refused, OK)
    assert ask(client, GET) == OK
    assert sorted(client.asked) == sorted(URLS)


def test_who_answered_is_asked_first_from_then_on() -> None:
    client = Scripted(refused, OK, OK)
    cluster = Cluster(client, URLS, Options())
    cluster.ask(GET)
    cluster.ask(GET)
    assert client.asked[1] == client.asked[2]


@pytest.mark.parametrize("question", [PUT, CREATE])
def test_a_write_that_nobody_heard_is_sent_to_another_member(question: Question) -> None:
    client = Scripted(refused, OK)
    assert ask(client, question) == OK


@pytest.mark.parametrize("question", [PUT, CREATE])
@pytest.mark.parametrize("outcome", [lost, NO_LEADER, BAD_GATEWAY])
def test_a_write_that_may_have_happened_is_sent_to_nobody_else(
    question: Question, outcome: Response | Callable[[str], ClientError]
) -> None:
    client = Scripted(outcome, OK)
    assert isinstance(ask(client, question), str)
    assert len(client.asked) == 1


def test_reads_are_asked_of_others_whatever_happened() -> None:
    client = Scripted(silent, NO_LEADER, OK)
    assert ask(client, GET) == OK


@pytest.mark.parametrize(
    "answer", [Response(200, {}, b"<html>"), Response(404, {}, b"{}"), Response(200, {}, b"[]")]
)
def test_a_member_that_lists_no_members_is_asked_all_the_same(answer: Response) -> None:
    client = Scripted(answer, OK)
    cluster = Cluster(client, URLS, Options())
    cluster.sync()
    assert cluster.ask(GET) == OK


def test_members_take_the_place_of_the_endpoints() -> None:
    members = b'{"members":[{"clientURLs":["http://new:1"]},{"clientURLs":null}]}'
    client = Scripted(Response(200, {}, members), OK)
    cluster = Cluster(client, URLS, Options())
    cluster.sync()
    cluster.ask(GET)
    assert client.asked[1] == "http://new:1"


def test_a_cluster_without_client_urls_cannot_be_asked() -> None:
    client = Scripted(Response(200, {}, b'{"members":[{"clientURLs":[]}]}'))
    with pytest.raises(Failed, match="no endpoints available"):
        Cluster(client, URLS, Options()).sync()


def test_all_reasons_are_told_in_the_order_of_asking() -> None:
    assert ask(Scripted(NO_LEADER, refused, BAD_GATEWAY), GET) == (
        "client: etcd cluster is unavailable or misconfigured"
        "; error #0: client: etcd member a has no leader\n"
        "; error #1: dial tcp b: connect: connection refused\n"
        "; error #2: client: etcd member c returns server error [Bad Gateway]\n"
    )


def test_only_the_first_reason_is_told_of_what_etcdctl_asks_of_one_member() -> None:
    assert ask(Scripted(refused, refused, refused), CREATE) == (
        "dial tcp a: connect: connection refused"
    )


@pytest.mark.parametrize(
    ("reason", "told", "connection"),
    [
        ("[Errno 111] Connection refused", "dial tcp h:1: connect: connection refused", True),
        ("[Errno 113] No route to host", "dial tcp h:1: connect: no route to host", True),
        ("[Errno 104] Connection reset by peer", "read: connection reset by peer", True),
        ("[Errno -2] Name or service not known", "dial tcp: lookup h: no such host", True),
        ("timed out", "client: endpoint http://h:1 exceeded header timeout", False),
        ("Remote end closed connection without response", "EOF", False),
        ("the connection ended within the answer", "unexpected EOF", False),
        ("[SSL] something", "[SSL] something", False),
    ],
)
def test_reasons_are_told_as_go_tells_them(reason: str, told: str, connection: bool) -> None:
    found = go_reason("http://h:1", ClusterUnavailable({"http://h:1": reason}))
    assert (found.text, found.connection) == (told, connection)
