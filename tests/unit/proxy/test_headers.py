"""What becomes of headers on both ways."""

from __future__ import annotations

import pytest

from vard_http.proxy.headers import SINGLE_HOP, request_headers, response_block


@pytest.mark.parametrize("name", sorted(SINGLE_HOP))
def test_headers_of_one_connection_stay_there(name: bytes) -> None:
    pair = (name.upper(), b"x")
    assert request_headers([pair], "1.2.3.4") == [("X-Forwarded-For", "1.2.3.4")]
    assert response_block([pair], []) == b""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], "1.2.3.4"),
        ([b"9.9.9.9"], "9.9.9.9, 1.2.3.4"),
        ([b"9.9.9.9, 8.8.8.8", b"7.7.7.7"], "9.9.9.9, 8.8.8.8, 7.7.7.7, 1.2.3.4"),
    ],
)
def test_the_clients_address_is_added(before: list[bytes], after: str) -> None:
    received = [(b"x-forwarded-for", value) for value in before]
    assert request_headers(received, "1.2.3.4") == [("X-Forwarded-For", after)]


def test_other_headers_go_through_with_the_host() -> None:
    received = [(b"Host", b"a:1"), (b"Authorization", b"Basic x"), (b"Content-Length", b"3")]
    assert request_headers(received, "::1") == [
        ("Host", "a:1"),
        ("Authorization", "Basic x"),
        ("X-Forwarded-For", "::1"),
    ]


def test_headers_for_the_client_are_sorted_and_double() -> None:
    theirs = [(b"x-etcd-index", b"3"), (b"Access-Control-Allow-Origin", b"*"), (b"Date", b"D")]
    ours = [(b"Access-Control-Allow-Origin", b"http://a")]
    assert response_block(theirs, ours) == (
        b"Access-Control-Allow-Origin: http://a\r\n"
        b"Access-Control-Allow-Origin: *\r\n"
        b"Date: D\r\n"
        b"X-Etcd-Index: 3\r\n"
    )
