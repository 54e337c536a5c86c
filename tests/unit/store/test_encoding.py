"""JSON strings and times (contract 2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vard_http.store.encoding import json_string, public_path, rfc3339

SHORT = {0x22: b'\\"', 0x5C: b"\\\\", 0x0A: b"\\n", 0x0D: b"\\r", 0x09: b"\\t"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _rune(data: bytes) -> bytes:
    """The UTF-8 sequence at the beginning of `data`, empty if that is not valid.

    The ranges are those of the Unicode standard's table of well-formed byte sequences.
    """
    well_formed = [
        [(0x00, 0x7F)],
        [(0xC2, 0xDF), (0x80, 0xBF)],
        [(0xE0, 0xE0), (0xA0, 0xBF), (0x80, 0xBF)],
        [(0xE1, 0xEC), (0x80, 0xBF), (0x80, 0xBF)],
        [(0xED, 0xED), (0x80, 0x9F), (0x80, 0xBF)],
        [(0xEE, 0xEF), (0x80, 0xBF), (0x80, 0xBF)],
        [(0xF0, 0xF0), (0x90, 0xBF), (0x80, 0xBF), (0x80, 0xBF)],
        [(0xF1, 0xF3), (0x80, 0xBF), (0x80, 0xBF), (0x80, 0xBF)],
        [(0xF4, 0xF4), (0x80, 0x8F), (0x80, 0xBF), (0x80, 0xBF)],
    ]
    for ranges in well_formed:
        head = data[: len(ranges)]
        if len(head) == len(ranges) and all(
            low <= byte <= high for byte, (low, high) in zip(head, ranges, strict=True)
        ):
            return head
    return b""


def _as_go_writes(value: bytes) -> bytes:
    """One character after the other, as Go's encoding/json does with its HTML escaping on."""
    written = b""
    while value:
        rune = _rune(value)
        code = ord(rune.decode()) if rune else -1
        if not rune:
            written += b"\\ufffd"
        elif code in SHORT:
            written += SHORT[code]
        elif code < 0x20 or rune in (b"<", b">", b"&") or code in (0x2028, 0x2029):
            written += b"\\u%04x" % code
        else:
            written += rune
        value = value[len(rune) or 1 :]
    return b'"' + written + b'"'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (b"", b'""'),
        (b"plain /'\x7f", b'"plain /\'\x7f"'),
        (b'"\\', b'"\\"\\\\"'),
        (b"\n\r\t\b\f\x00\x1f", b'"\\n\\r\\t\\u0008\\u000c\\u0000\\u001f"'),
        (b"<&>", b'"\\u003c\\u0026\\u003e"'),
        ("\u2028\u2029".encode(), b'"\\u2028\\u2029"'),
        ("zürich 🦊\ufffd".encode(), '"zürich 🦊\ufffd"'.encode()),
        (b"\\u003c", b'"\\\\u003c"'),
        (b"a\xffb", b'"a\\ufffdb"'),
        (b"\xe2\x82", b'"\\ufffd\\ufffd"'),
        (b"\xc0\xaf", b'"\\ufffd\\ufffd"'),
        (b"\xed\xa0\x80", b'"\\ufffd\\ufffd\\ufffd"'),
        (b"\xf4\x90\x80\x80", b'"\\ufffd\\ufffd\\ufffd\\ufffd"'),
        (b'\xff<"\b\xe2\x80\xa8', b'"\\ufffd\\u003c\\"\\u0008\\u2028"'),
    ],
)
def test_json_string(value: bytes, written: bytes) -> None:
    assert json_string(value) == written
    assert _as_go_writes(value) == written


@settings(deadline=None)
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_written_as_go_writes_them(value: bytes) -> None:
    assert json_string(value) == _as_go_writes(value)


_awkward = st.sampled_from(
    [bytes([byte]) for byte in b'\xe2\x80\xa8\xed\xa0\xf4\x8f\xc0"\\<\b\x00u']
) | st.sampled_from(["\u2029".encode(), "🦊".encode()])


@settings(deadline=None)
@given(st.lists(_awkward).map(b"".join))
def test_pieces_of_characters_are_written_as_go_writes_them(value: bytes) -> None:
    assert json_string(value) == _as_go_writes(value)


@pytest.mark.parametrize(
    ("nanoseconds", "written"),
    [
        (0, b"1970-01-01T00:00:00Z"),
        (1, b"1970-01-01T00:00:00.000000001Z"),
        (-1, b"1969-12-31T23:59:59.999999999Z"),
        (1_764_000_000_208_280_200, b"2025-11-24T16:00:00.2082802Z"),
        (951_782_399_500_000_000, b"2000-02-28T23:59:59.5Z"),
        (951_782_400_000_000_000, b"2000-02-29T00:00:00Z"),
        (-2_203_891_200_000_000_000, b"1900-03-01T00:00:00Z"),
        (-(2**63), b"1677-09-21T00:12:43.145224192Z"),
        (2**63 - 1, b"2262-04-11T23:47:16.854775807Z"),
    ],
)
def test_rfc3339(nanoseconds: int, written: bytes) -> None:
    assert rfc3339(nanoseconds) == written


@settings(deadline=None)
@given(st.integers(-(2**63) // 1000 + 1, 2**63 // 1000 - 1))
def test_any_time_in_range_is_the_calendar_s(microseconds: int) -> None:
    calendar = (EPOCH + timedelta(microseconds=microseconds)).isoformat(timespec="microseconds")
    date_time, fraction = calendar.removesuffix("+00:00").split(".")
    expected = f"{date_time}.{fraction}".rstrip("0").rstrip(".") if int(fraction) else date_time
    assert rfc3339(microseconds * 1000) == f"{expected}Z".encode()


@pytest.mark.parametrize(
    ("path", "public"),
    [(b"/1/a", b"/a"), (b"/1", b""), (b"/1/1/a", b"/1/a"), (b"/0/x", b"/0/x"), (b"/", b"/")],
)
def test_public_path(path: bytes, public: bytes) -> None:
    assert public_path(path) == public
