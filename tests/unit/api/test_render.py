"""Answers as bytes (contract 1.3, 1.5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vard_http.api.answers import (
    MAX_MEASURED_BODY,
    PHRASES,
    TEXT,
    Answer,
    header_block,
    header_pairs,
    method_not_allowed,
    moved,
    not_found,
)
from vard_http.api.http1 import Head, read_fields
from vard_http.api.render import Clock, Cors, chunk, render, render_stream

DATE = b"Mon, 23 Nov 2026 18:00:00 GMT"
CORS = b"Access-Control-Allow-Origin: *\r\n"
DATED = b"Date: " + DATE + b"\r\n"
LONG = b"x" * (MAX_MEASURED_BODY + 1)


def head(method: bytes = b"GET", minor: int = 1, *, keep_alive: bool = True) -> Head:
    return Head(method, b"/", minor, read_fields({}, 0, keep_alive=keep_alive))


def rendered(
    answer: Answer, method: bytes = b"GET", minor: int = 1, *, keep_alive: bool = True
) -> tuple[bytes, bool]:
    return render(answer, head(method, minor), CORS, DATE, keep_alive=keep_alive)


def test_what_nearly_all_answers_look_like() -> None:
    answer = Answer(201, ((b"Content-Type", TEXT),), b"body")
    assert rendered(answer) == (
        b"HTTP/1.1 201 Created\r\nAccess-Control-Allow-Origin: *\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Date: Mon, 23 Nov 2026 18:00:00 GMT\r\nContent-Length: 4\r\n\r\nbody",
        True,
    )


FRAMINGS = [
    (b"GET", 1, True, b"b", b"Content-Length: 1\r\n\r\nb", True),
    (b"GET", 1, False, b"b", b"Content-Length: 1\r\nConnection: close\r\n\r\nb", False),
    (b"GET", 0, True, b"b", b"Content-Length: 1\r\nConnection: keep-alive\r\n\r\nb", True),
    (b"GET", 0, False, b"b", b"Content-Length: 1\r\n\r\nb", False),
    (b"GET", 1, True, b"", b"Content-Length: 0\r\n\r\n", True),
    (b"HEAD", 1, True, b"b", b"Content-Length: 1\r\n\r\n", True),
    (b"HEAD", 1, True, b"", b"\r\n", True),
    (
        b"GET",
        1,
        True,
        LONG,
        b"Transfer-Encoding: chunked\r\n\r\n801\r\n%b\r\n0\r\n\r\n" % LONG,
        True,
    ),
    (
        b"GET",
        1,
        False,
        LONG,
        b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n801\r\n%b\r\n0\r\n\r\n" % LONG,
        False,
    ),
    (b"GET", 0, True, LONG, b"\r\n" + LONG, False),
    (b"HEAD", 1, True, LONG, b"\r\n", True),
    (b"HEAD", 0, True, LONG, b"\r\n", False),
]


@pytest.mark.parametrize(("method", "minor", "keep_alive", "body", "expected", "stays"), FRAMINGS)
def test_how_the_end_of_a_body_is_told(
    method: bytes, minor: int, keep_alive: bool, body: bytes, expected: bytes, stays: bool
) -> None:
    start = b"HTTP/1.%d 200 OK\r\n" % minor + CORS + DATED
    answer = Answer(200, (), body)
    assert rendered(answer, method, minor, keep_alive=keep_alive) == (start + expected, stays)


def test_no_content_has_no_length() -> None:
    assert b"Content-Length" not in rendered(Answer(204, ()), b"DELETE", keep_alive=False)[0]


def test_a_length_among_the_headers_is_not_said_again() -> None:
    answer = Answer(200, ((b"Content-Length", b"0"),), cors=False)
    expected = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + DATED + b"\r\n"
    assert rendered(answer) == (expected, True)


@pytest.mark.parametrize("keep_alive", [True, False])
def test_a_guessed_type_stands_behind_the_length(keep_alive: bool) -> None:
    answer = Answer(200, (), b"a, b", guessed=TEXT)
    data, _ = rendered(answer, keep_alive=keep_alive)
    rest = b"" if keep_alive else b"Connection: close\r\n"
    framing = b"Content-Length: 4\r\nContent-Type: text/plain; charset=utf-8\r\n" + rest
    assert data.partition(DATED)[2] == framing + b"\r\na, b"


def test_a_close_among_the_headers_is_not_said_again() -> None:
    answer = Answer(417, ((b"Connection", b"close"),), cors=False, close=True)
    data, stays = rendered(answer)
    assert data.count(b"Connection: close\r\n") == 1
    assert not stays


ANSWERS = st.builds(
    Answer,
    st.sampled_from(sorted(set(PHRASES) - {204})),
    st.lists(
        st.tuples(st.sampled_from([b"Allow", b"Content-Type", b"Location"]), st.just(b"x")),
        max_size=2,
    ).map(tuple),
    st.binary(min_size=1, max_size=20) | st.just(b"y" * MAX_MEASURED_BODY),
    cors=st.booleans(),
)


@given(ANSWERS)
def test_the_branch_for_common_answers_agrees_with_the_general_one(answer: Answer) -> None:
    data, stays = rendered(answer)
    assert stays
    # HEAD, HTTP/1.0 and closing take the general branch.
    assert data == rendered(answer, b"HEAD")[0] + answer.body
    closing, _ = rendered(answer, keep_alive=False)
    assert data == closing.replace(b"Connection: close\r\n", b"", 1)
    old, _ = rendered(answer, minor=0)
    assert data == old.replace(b"/1.0", b"/1.1", 1).replace(b"Connection: keep-alive\r\n", b"", 1)


@pytest.mark.parametrize(
    ("minor", "keep_alive", "framing"),
    [
        (1, True, b"Transfer-Encoding: chunked\r\n"),
        (1, False, b"Connection: close\r\nTransfer-Encoding: chunked\r\n"),
        (0, True, b""),
        (2, True, b"Transfer-Encoding: chunked\r\n"),
    ],
)
def test_the_head_of_a_stream(minor: int, keep_alive: bool, framing: bytes) -> None:
    asked = head(b"GET", minor, keep_alive=keep_alive)
    data = render_stream(asked, b"X: y\r\n", CORS, DATE, keep_alive=keep_alive)
    start = b"HTTP/1.%d 200 OK\r\n" % min(minor, 1)
    assert data == start + CORS + b"X: y\r\n" + DATED + framing + b"\r\n"


def test_a_chunk() -> None:
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"


def test_cors_for_all_origins() -> None:
    assert Cors(["*"]).block(b"") == Cors(["*", "http://a:1"]).block(b"http://b:1")
    assert Cors(["*"]).block(b"") == (
        b"Access-Control-Allow-Headers: accept, content-type, authorization\r\n"
        b"Access-Control-Allow-Methods: POST, GET, OPTIONS, PUT, DELETE\r\n"
        b"Access-Control-Allow-Origin: *\r\n"
    )


@pytest.mark.parametrize("origin", [b"", b"http://b:1", b"http://a:1/", b"HTTP://A:1"])
def test_cors_for_listed_origins_only(origin: bytes) -> None:
    cors = Cors(["http://a:1"])
    assert cors.block(origin) == b""
    assert cors.block(b"http://a:1").endswith(b"Access-Control-Allow-Origin: http://a:1\r\n")


def test_the_date_changes_with_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("time.time", lambda: 1_764_000_000.9)
    assert clock.date() == b"Mon, 24 Nov 2025 16:00:00 GMT"
    monkeypatch.setattr("time.time", lambda: 1_764_000_001.0)
    assert clock.date() == b"Mon, 24 Nov 2025 16:00:01 GMT"


def test_headers_are_pairs_or_a_block() -> None:
    pairs = ((b"A", b"b: c"), (b"D", b""))
    block = b"A: b: c\r\nD: \r\n"
    assert header_block(pairs) == block
    assert header_pairs(block) == pairs
    assert Answer(200, block).pairs == Answer(200, pairs).pairs
    assert Answer(200, pairs).block == block


def test_fixed_answers() -> None:
    plain = ((b"Content-Type", TEXT), (b"X-Content-Type-Options", b"nosniff"))
    assert not_found() == Answer(404, plain, b"404 page not found\n")
    refused = method_not_allowed(b"GET")
    assert refused == Answer(405, ((b"Allow", b"GET"), *plain), b"Method Not Allowed\n")


def test_a_redirect_has_a_page_for_browsers_only() -> None:
    html = (b"Content-Type", b"text/html; charset=utf-8")
    location = (b"Location", b"/a?b&c")
    assert moved(b"GET", b"/a?b&c", b"/a?b&c<\"'>") == Answer(
        301,
        (html, location),
        b'<a href="/a?b&amp;c&lt;&#34;&#39;&gt;">Moved Permanently</a>.\n\n',
    )
    assert moved(b"HEAD", b"/a?b&c", b"/a?b&c") == Answer(301, (html, location))
    assert moved(b"PUT", b"/a?b&c", b"/a?b&c") == Answer(301, (location,))
