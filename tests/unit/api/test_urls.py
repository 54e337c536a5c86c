"""Go's rules for targets, paths, queries and forms (contract 1.1, 4.1)."""

from __future__ import annotations

from urllib.parse import quote_from_bytes, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vard_http.api.urls import (
    Form,
    UrlError,
    clean,
    escape_non_ascii,
    escape_path,
    go_quote,
    split_target,
    unescape,
)


@given(st.binary())
def test_what_is_escaped_comes_back(raw: bytes) -> None:
    assert unescape(quote_from_bytes(raw, safe="").encode()) == raw
    assert unescape(escape_path(raw)) == raw


@given(
    st.binary().filter(lambda text: b"%" not in text)
    | st.binary().map(quote_from_bytes).map(str.encode)
)
def test_a_good_text_is_decoded_as_everybody_does(text: bytes) -> None:
    assert unescape(text) == unquote_to_bytes(text)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        (b"a%zz", '"%zz"'),
        (b"%", '"%"'),
        (b"%2", '"%2"'),
        (b"%41%g1x", '"%g1"'),
        (b"%%41", '"%%4"'),
        (b"%\xff\xff", '"%\\xff\\xff"'),
        (b'%"\\', '"%\\"\\\\"'),
        (b"%\n1", '"%\\n1"'),
        (b"%\x001", '"%\\x001"'),
    ],
)
def test_a_bad_escape_is_quoted_with_at_most_two_bytes_after_it(text: bytes, quoted: str) -> None:
    with pytest.raises(UrlError) as refused:
        unescape(text)
    assert str(refused.value) == f"invalid URL escape {quoted}"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("ü".encode(), '"ü"'),
        ("\u2028".encode(), '"\\u2028"'),
        (b"\x07\x08\x0c\r\t\x0b\x7f", '"\\a\\b\\f\\r\\t\\v\\x7f"'),
        ("\U000e0001".encode(), '"\\U000e0001"'),
    ],
)
def test_go_quotes(text: bytes, quoted: str) -> None:
    assert go_quote(text) == quoted


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        (b"/", b"/"),
        (b"", b"/"),
        (b"/a", b"/a"),
        (b"/a/", b"/a/"),
        (b"/a///", b"/a/"),
        (b"//a", b"/a"),
        (b"/a//b", b"/a/b"),
        (b"/a/./b", b"/a/b"),
        (b"/a/.", b"/a"),
        (b"/a/./", b"/a/"),
        (b"/a/..", b"/"),
        (b"/a/../", b"/"),
        (b"/a/../b", b"/b"),
        (b"/v2/keys/..", b"/v2"),
        (b"/v2/keys/../members", b"/v2/members"),
        (b"/../../x", b"/x"),
        (b"/...", b"/..."),
        (b"/..a/a..", b"/..a/a.."),
        (b"a", b"/a"),
    ],
)
def test_cleaning_paths(path: bytes, cleaned: bytes) -> None:
    assert clean(path) == cleaned


@given(st.lists(st.sampled_from([b"/", b"/", b".", b"a"]), max_size=12).map(b"".join))
def test_what_is_clean_stays_as_it_is(path: bytes) -> None:
    assert clean(clean(path)) == clean(path)


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/a?b=c", b"/a", b"b=c"),
        (b"/a??b", b"/a", b"?b"),
        (b"/a#b", b"/a#b", b""),
        (b"/a%2Fb%ff", b"/a/b\xff", b""),
        (b"/\xc3\xbc", b"/\xc3\xbc", b""),
        (b"http://h:1/a?b", b"/a", b"b"),
        (b"http://h", b"", b""),
        (b"mailto:x", b"", b""),
        (b"/a?%zz", b"/a", b"%zz"),
    ],
)
def test_targets(target: bytes, path: bytes, query: bytes) -> None:
    assert split_target(target) == (path, query)


@pytest.mark.parametrize("target", [b"", b"a", b"/a%zz", b"/a\x00", b"/a?\x7f", b"/a\tb", b":x"])
def test_what_is_no_target(target: bytes) -> None:
    with pytest.raises(UrlError):
        split_target(target)


def test_escaping_bytes_that_are_not_ascii() -> None:
    assert escape_non_ascii(b"/ \xc3\xbc%zz\x7f") == b"/ %c3%bc%zz\x7f"


def test_the_first_of_a_name_wins_and_the_body_over_the_query() -> None:
    form = Form(b"a=1&a=2&b=3", b"a=4&c=5&c=6")
    assert form.values == {b"a": b"1", b"b": b"3", b"c": b"5"}
    assert form.error is None


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b"value", {b"value": b""}),
        (b"a=b=c", {b"a": b"b=c"}),
        (b"&&=&=1", {b"": b""}),
        (b"%76alue=a+b%2B", {b"value": b"a b+"}),
    ],
)
def test_forms(body: bytes, values: dict[bytes, bytes]) -> None:
    assert Form(body, b"").values == values


@pytest.mark.parametrize(
    ("body", "query", "error"),
    [
        (b"a=%zz", b"b;c", 'invalid URL escape "%zz"'),
        (b"a=1", b"b;c", "invalid semicolon separator in query"),
        (b"a;b&c=%", b"", "invalid semicolon separator in query"),
        (b"%zz=1&d=%2", b"", 'invalid URL escape "%zz"'),
    ],
)
def test_the_first_error_of_a_form_is_told_the_body_first(
    body: bytes, query: bytes, error: str
) -> None:
    assert Form(body, query).error == error
