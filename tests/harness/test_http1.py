"""The answer parser, fed whole and byte by byte."""

from __future__ import annotations

import pytest

from tests.harness.http1 import Framing, MalformedResponse, ResponseParser

HEAD = b"HTTP/1.1 200 OK\r\n"


def _parse(data: bytes, method: str = "GET", piece: int = 1) -> ResponseParser:
    parser = ResponseParser(method)
    for start in range(0, len(data), piece):
        parser.feed(data[start : start + piece])
    return parser


@pytest.mark.parametrize("piece", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("data", "method", "framing", "body"),
    [
        (HEAD + b"Content-Length: 3\r\n\r\nabc", "GET", Framing.LENGTH, b"abc"),
        (HEAD + b"Content-Length: 0\r\n\r\n", "GET", Framing.LENGTH, b""),
        (HEAD + b"Content-Length: 3\r\n\r\n", "HEAD", Framing.NONE, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "PUT", Framing.NONE, b""),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", "GET", Framing.NONE, b""),
        (
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nB\r\ncdefghijklm\r\n0\r\n\r\n",
            "GET",
            Framing.CHUNKED,
            b"abcdefghijklm",
        ),
    ],
    ids=["length", "length 0", "HEAD", "204", "304", "chunked"],
)
def test_reads_a_complete_answer(
    data: bytes, method: str, framing: Framing, body: bytes, piece: int
) -> None:
    parser = _parse(data + b"HTTP/1.1 next", method, piece)
    assert parser.finished
    answer = parser.response()
    assert (answer.framing, answer.body, parser.leftover) == (framing, body, b"HTTP/1.1 next")


def test_keeps_order_and_spelling_of_header_fields() -> None:
    parser = _parse(HEAD + b"x-B: 1\r\nA:\r\nX-b:  2 \r\nContent-Length: 0\r\n\r\n")
    assert parser.response().head.headers == (
        ("x-B", "1"),
        ("A", ""),
        ("X-b", " 2 "),
        ("Content-Length", "0"),
    )


def test_keeps_chunk_sizes() -> None:
    data = HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"
    assert _parse(data).response().chunks == (1, 2)


def test_shows_the_body_of_an_unfinished_answer() -> None:
    parser = _parse(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab")
    assert (bytes(parser.body), parser.finished) == (b"ab", False)


def test_a_chunked_answer_cut_short_never_finishes() -> None:
    parser = _parse(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
    parser.feed_eof()
    assert (parser.finished, parser.at_eof) == (False, True)


def test_an_answer_without_length_ends_with_the_connection() -> None:
    parser = _parse(b"HTTP/1.0 200 OK\r\n\r\nabc")
    assert not parser.finished
    parser.feed_eof()
    assert parser.response().body == b"abc"


def test_sets_interim_answers_apart() -> None:
    parser = _parse(b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 1\r\n\r\nx")
    answer = parser.response()
    assert ([head.status for head in answer.interim], answer.status) == ([100], 200)


@pytest.mark.parametrize(
    "data",
    [
        b"garbage\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        HEAD + b"no colon\r\n\r\n",
        HEAD + b": x\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    ],
)
def test_refuses_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(MalformedResponse):
        _parse(data)
