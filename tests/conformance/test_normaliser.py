"""What the differential comparison lets pass, and what it must not."""

from __future__ import annotations

import pytest

from tests.conformance.normaliser import body_difference, raw_difference, response_difference
from tests.harness.http1 import Response, ResponseParser


def _answer(body: str = "{}", head: str = "", status: str = "200 OK", length: int = -1) -> Response:
    parser = ResponseParser("GET")
    size = len(body) if length < 0 else length
    parser.feed(f"HTTP/1.1 {status}\r\n{head}Content-Length: {size}\r\n\r\n{body}".encode())
    parser.feed_eof()
    return parser.response()


def _chunked(*chunks: str) -> Response:
    parser = ResponseParser("GET")
    parser.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for chunk in (*chunks, ""):
        parser.feed(f"{len(chunk):x}\r\n{chunk}\r\n".encode())
    return parser.response()


def _node(fraction: str, ttl: int, second: int = 5) -> str:
    time = f"2030-01-02T03:04:{second:02}{fraction}Z"
    return f'{{"node":{{"key":"/a","expiration":"{time}","ttl":{ttl}}}}}\n'


LISTED = '{"node":{"nodes":[{"key":"/a","value":"x"},{"key":"/b","value":"\\u003c"}]}}\n'
SWAPPED = '{"node":{"nodes":[{"key":"/b","value":"\\u003c"},{"key":"/a","value":"x"}]}}\n'
RESPELT = '{"node":{"nodes":[{"key":"/b","value":"<"},{"key":"/a","value":"x"}]}}\n'
MOVED = '{"node":{"nodes":[{"key":"/b","value":"x"},{"key":"/a","value":"\\u003c"}]}}\n'


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (_answer(head="X-Raft-Index: 4\r\n"), _answer(head="X-Raft-Index: 977\r\n")),
        (_answer(head="X-Etcd-Cluster-Id: ab\r\n"), _answer(head="X-Etcd-Cluster-Id: cd01\r\n")),
        (_answer(_node(".123456789", 100)), _answer(_node(".12345678", 100))),
        (_answer(_node(".9", 100)), _answer(_node("", 99, second=6))),
        (_answer(LISTED), _answer(SWAPPED)),
    ],
    ids=["raft index", "cluster id", "digits of a time", "clock", "order of a listing"],
)
def test_lets_pass(left: Response, right: Response) -> None:
    assert response_difference(left, right) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (_answer(status="200 OK"), _answer(status="200 Ok")),
        (_answer(status="200 OK"), _answer(status="201 OK")),
        (_answer(head="A: 1\r\nB: 2\r\n"), _answer(head="B: 2\r\nA: 1\r\n")),
        (_answer(head="X-Etcd-Index: 1\r\n"), _answer(head="X-etcd-Index: 1\r\n")),
        (_answer(head="X-Etcd-Index: 1\r\n"), _answer(head="X-Etcd-Index: 2\r\n")),
        (_answer(head="X-Raft-Index: 1\r\n"), _answer()),
        (_answer(head="X-Raft-Index: 1\r\n"), _answer(head="X-Raft-Index: x\r\n")),
        (_answer("{}"), _answer("{}\n")),
        (_answer(_node(".1", 100)), _answer(_node(".10", 100))),
        (_answer(_node(".1", 100)), _answer(_node(".1", 90))),
        (_answer(_node(".1", 100)), _answer(_node(".1", 100, second=15))),
        (_answer(LISTED), _answer(RESPELT)),
        (_answer(LISTED), _answer(MOVED)),
        (_answer("x"), _chunked("x")),
        (_chunked("ab", "c"), _chunked("abc")),
    ],
    ids=[
        "reason",
        "status",
        "header order",
        "header spelling",
        "etcd index",
        "missing header",
        "odd raft index",
        "line end",
        "trailing zero of a time",
        "ttl",
        "expiration",
        "escapes in a listing",
        "values in a listing",
        "framing",
        "chunk boundaries",
    ],
)
def test_reports(left: Response, right: Response) -> None:
    assert response_difference(left, right) is not None


def test_a_sorted_listing_must_come_in_order() -> None:
    assert body_difference(LISTED.encode(), SWAPPED.encode(), any_order=False) is not None


def test_raw_bytes_may_differ_in_their_date_only() -> None:
    one = b"HTTP/1.1 400 Bad Request\r\nDate: Mon, 23 Nov 2026 17:36:48 GMT\r\n\r\nx"
    assert raw_difference(one, one.replace(b":48", b":49")) is None
    assert raw_difference(one, one.replace(b"x", b"y")) is not None
    assert raw_difference(one, one.replace(b"Date", b"date")) is not None
