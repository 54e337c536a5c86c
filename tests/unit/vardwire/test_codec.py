"""Frames and texts of vard's protocol, as its client and its server write them."""

from __future__ import annotations

import re

import pytest

from vard_http.store import Output, Refusal
from vard_http.vardwire.codec import (
    MAX_FRAME,
    MAX_NUMBER,
    FrameError,
    Frames,
    Request,
    error,
    not_leader,
    parse_client,
    parse_request,
    response,
)

RESPONSE_OF_VARD_PY = re.compile(
    r"Response\W+([0-9]+)\W+([/A-Za-z0-9]+|-)\W+([/A-Za-z0-9]+|-)\W+([/A-Za-z0-9]+|-)"
)
"""What vard's own client looks for in an answer."""


@pytest.mark.parametrize("piece", [1, 3, 5, 1000])
def test_frames_come_out_however_their_bytes_come_in(piece: int) -> None:
    data = b"\x03\x00\x00\x00abc" + b"\x00\x00\x00\x00" + b"\x01\x00\x00\x00d" + b"\x02\x00"
    frames = Frames()
    taken = []
    for start in range(0, len(data), piece):
        frames.feed(data[start : start + piece])
        while (frame := frames.take()) is not None:
            taken.append(frame)
    assert taken == [b"abc", b"", b"d"]
    assert frames.begun
    assert len(frames) == 2


def test_a_frame_may_have_so_many_bytes_and_no_more() -> None:
    frames = Frames()
    frames.feed(MAX_FRAME.to_bytes(4, "little") + b"x" * MAX_FRAME)
    assert frames.take() == b"x" * MAX_FRAME
    for size in (MAX_FRAME + 1, 2**32 - 1):
        frames = Frames()
        frames.feed(size.to_bytes(4, "little"))
        with pytest.raises(FrameError):
            frames.take()


def test_a_client_is_a_random_uuid() -> None:
    client = parse_client(b"0aac4d743ccc4473a2e04f4072734722")
    assert client.hex() == "0aac4d743ccc4473a2e04f4072734722"


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"0aac4d743ccc4473a2e04f407273472",
        b"0aac4d743ccc4473a2e04f40727347222",
        b"0aac4d743ccc4473a2e04f4072734722\n",
        b"0AAC4D743CCC4473A2E04F4072734722",
        b"0aac4d743ccc1473a2e04f4072734722",
        b"0aac4d743ccc447372e04f4072734722",
        b"0aac4d74-3ccc-4473-a2e0-4f407273",
        b"GET / HTTP/1.1\r\nHost: localhost",
    ],
)
def test_other_ids_are_refused(frame: bytes) -> None:
    with pytest.raises(FrameError):
        parse_client(frame)


@pytest.mark.parametrize(
    ("frame", "request_"),
    [
        (b"0 GET a - -", Request(0, "get", b"a")),
        (b"7 GET a x y", Request(7, "get", b"a")),
        (b"1 PUT key0 value0 -", Request(1, "put", b"key0", b"value0")),
        (b"1 PUT a - -", Request(1, "put", b"a", b"-")),
        (b"1 DEL a/b - -", Request(1, "del", b"a/b")),
        (b"1 DEL - - -", Request(1, "del", b"-")),
        (b"1 CAS a - new", Request(1, "cas", b"a", b"new", None)),
        (b"1 CAS a old new", Request(1, "cas", b"a", b"new", b"old")),
        (b"1 CAS a old -", Request(1, "cas", b"a", b"-", b"old")),
        (b"1 CAD a old -", Request(1, "cad", b"a", expected=b"old")),
        (b"1 CAD a - -", Request(1, "cad", b"a", expected=b"-")),
        (b"007 GET   /A/z9   -   - \r\n", Request(7, "get", b"/A/z9")),
        (b"\t1 GET a - -\n", Request(1, "get", b"a")),
        (b"1 GET a - -;!", Request(1, "get", b"a")),
        (b"%d GET a - -" % MAX_NUMBER, Request(MAX_NUMBER, "get", b"a")),
        (b"0" * 1000 + b"1 GET a - -", Request(1, "get", b"a")),
    ],
)
def test_requests_are_read_as_vard_reads_them(frame: bytes, request_: Request) -> None:
    assert parse_request(frame) == request_


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"GET a - -",
        b"1 GET a",
        b"1 GET a -",
        b"1 get a - -",
        b"1 POP a - -",
        b"1  GET a - -",
        b"-1 GET a - -",
        b"1 PUT a b_c -",
        b"1 PUT a  -",
        b"1 PUT a \xff -",
        b"1 PUT a-b c -",
        b"1 CAS a old new_value",
        b"1 GET a - -\n2 DEL b - -",
        b"1 GETa - - -",
        b"%d GET a - -" % (MAX_NUMBER + 1),
        b"9" * 5000 + b" GET a - -",
        b"\xff" * 100,
    ],
)
def test_what_is_not_wholly_understood_is_refused(frame: bytes) -> None:
    with pytest.raises(FrameError):
        parse_request(frame)


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (Output(b"awesome", None, None), b"Response 34 awesome - -"),
        (Output(b"a", b"x", None), b"Response 34 a x -"),
        (Output(b"a", None, b"x"), b"Response 34 a - x"),
        (Output(b"a", b"y", b"x"), b"Response 34 a y x"),
    ],
)
def test_answers_are_written_as_vard_writes_them(output: Output, text: bytes) -> None:
    frame = response(34, output)
    assert frame == len(text).to_bytes(4, "little") + text
    match = RESPONSE_OF_VARD_PY.match(text.decode())
    assert match is not None
    words = [(word or b"-").decode() for word in (output.key, output.value, output.old)]
    assert list(match.groups()) == ["34", *words]


def test_another_leader_is_told_of_without_a_name() -> None:
    assert not_leader(15) == b"\x0c\x00\x00\x00NotLeader 15"


@pytest.mark.parametrize("refusal", [each for each in Refusal if each])
def test_vards_client_takes_no_refusal_for_an_answer(refusal: Refusal) -> None:
    frame = response(3, Output(b"a", None, None, refusal))
    assert frame[4:].startswith(b"Error 3 a: ")
    assert RESPONSE_OF_VARD_PY.match(frame[4:].decode()) is None
    assert frame != error(3, b"a", b"")
