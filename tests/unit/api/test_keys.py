"""From parameters to operations (contract 4.2, 4.3, 5.1)."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conformance.vocabulary import BAD_BOOLS, BAD_INDEXES, BAD_TTLS
from vard_http.api.keys import (
    MAX_FORM_BYTES,
    BrokenBody,
    Get,
    Operation,
    Watch,
    Write,
    key_path,
    parse,
    wants_form,
)
from vard_http.api.media import FORM
from vard_http.store import (
    CompareAndDelete,
    CompareAndSwap,
    Create,
    Delete,
    Set,
    StoreError,
    Update,
)

NOW = 1_764_000_000_000_000_000
PATH = b"/1/k"
METHODS = (b"GET", b"HEAD", b"PUT", b"POST", b"DELETE")


def operation(method: bytes, query: bytes = b"", body: bytes | BrokenBody = b"") -> Operation:
    return parse(method, PATH, query, FORM, body, NOW)


def refusal(method: bytes, query: bytes, body: bytes | BrokenBody = b"") -> tuple[int, bytes, int]:
    with pytest.raises(StoreError) as refused:
        operation(method, query, body)
    return refused.value.code, refused.value.cause, refused.value.index


RULES = [
    (b"%zz", 210, b'invalid URL escape "%zz"'),
    (b"prevIndex=x", 203, b'invalid value for "prevIndex"'),
    (b"waitIndex=x", 203, b'invalid value for "waitIndex"'),
    (b"recursive=x", 209, b'invalid value for "recursive"'),
    (b"sorted=x", 209, b'invalid value for "sorted"'),
    (b"wait=x", 209, b'invalid value for "wait"'),
    (b"dir=x", 209, b'invalid value for "dir"'),
    (b"quorum=x", 209, b'invalid value for "quorum"'),
    (b"stream=x", 209, b'invalid value for "stream"'),
    (b"wait=true", 209, b'"wait" can only be used with GET requests'),
    (b"prevValue=", 201, b'"prevValue" cannot be empty'),
    (b"noValueOnSuccess=x", 209, b'invalid value for "noValueOnSuccess"'),
    (b"ttl=x", 202, b'invalid value for "ttl"'),
    (b"prevExist=x", 209, b"invalid value for prevExist"),
    (b"refresh=x", 209, b"invalid value for refresh"),
    (b"refresh=true&value=v", 211, b"A value was provided on a refresh"),
    (b"refresh=true", 212, b"No TTL value set"),
]
"""Contract 4.3, in its order."""


@pytest.mark.parametrize("rule", range(len(RULES)))
@pytest.mark.parametrize("method", [b"PUT", b"POST", b"DELETE", b"HEAD"])
def test_the_first_rule_that_is_broken_is_told(rule: int, method: bytes) -> None:
    broken = b"&".join(text for text, _, _ in reversed(RULES[rule:]))
    # The same name twice: the first counts, so the rule in question has to come first.
    query = RULES[rule][0] + b"&" + broken
    assert refusal(method, query) == (*RULES[rule][1:], 0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("query", "code", "cause"), [r for r in RULES if r[0] != b"wait=true"])
def test_every_method_checks_every_parameter(
    method: bytes, query: bytes, code: int, cause: bytes
) -> None:
    assert refusal(method, query) == (code, cause, 0)


@pytest.mark.parametrize("text", [text for text in BAD_BOOLS if text != b"\xff"])
def test_what_is_no_bool(text: bytes) -> None:
    assert refusal(b"GET", b"dir=" + text.replace(b" ", b"+"))[0] == 209


@pytest.mark.parametrize("text", [b"1", b"t", b"T", b"true", b"TRUE", b"True"])
def test_what_is_true(text: bytes) -> None:
    assert operation(b"GET", b"recursive=" + text) == Get(PATH, True, False, False)


@pytest.mark.parametrize("text", [b"0", b"f", b"F", b"false", b"FALSE", b"False"])
def test_what_is_false(text: bytes) -> None:
    assert operation(b"GET", b"recursive=" + text) == Get(PATH, False, False, False)


@pytest.mark.parametrize(
    "text", [text.replace(b" ", b"+").replace(b"+1", b"%2b1") for text in BAD_INDEXES]
)
def test_what_is_no_index(text: bytes) -> None:
    assert refusal(b"GET", b"waitIndex=" + text)[0] == 203


@pytest.mark.parametrize(
    "text", [text.replace(b" ", b"+").replace(b"+1", b"%2b1") for text in BAD_TTLS]
)
def test_what_is_no_ttl(text: bytes) -> None:
    assert refusal(b"PUT", b"ttl=" + text)[0] == 202


def test_an_absurdly_long_number_is_refused_without_reading_it() -> None:
    assert refusal(b"GET", b"waitIndex=" + b"9" * 4_000_000)[0] == 203
    assert operation(b"GET", b"wait=1&waitIndex=" + b"0" * 100 + b"7") == Watch(
        PATH, False, False, 7
    )


def test_the_largest_index_is_64_bits() -> None:
    assert operation(b"GET", b"wait=1&waitIndex=18446744073709551615") == Watch(
        PATH, False, False, 2**64 - 1
    )
    assert refusal(b"GET", b"waitIndex=18446744073709551616")[0] == 203


PUTS = [
    (b"value=v", Set(NOW, PATH, b"v")),
    (b"", Set(NOW, PATH, b"")),
    (b"dir=true&value=v", Set(NOW, PATH, b"v", True)),
    (b"prevExist=true&value=v", Update(NOW, PATH, b"v")),
    (b"prevExist=true&prevIndex=0", Update(NOW, PATH, b"")),
    (b"prevExist=true&prevIndex=3", CompareAndSwap(NOW, PATH, b"", None, 3)),
    (b"prevExist=true&prevValue=o", CompareAndSwap(NOW, PATH, b"", b"o", 0)),
    (b"prevExist=false&prevValue=o&prevIndex=3", Create(NOW, PATH, b"", False, False)),
    (b"prevIndex=3", CompareAndSwap(NOW, PATH, b"", None, 3)),
    (b"prevIndex=0&value=v", Set(NOW, PATH, b"v")),
    (b"prevValue=o&prevIndex=3&value=v", CompareAndSwap(NOW, PATH, b"v", b"o", 3)),
]


@pytest.mark.parametrize(("query", "command"), PUTS)
def test_what_a_put_comes_to(query: bytes, command: object) -> None:
    assert operation(b"PUT", query) == Write(command, brief=False)  # type: ignore[arg-type]
    assert operation(b"PUT", b"", query) == operation(b"PUT", query)


@pytest.mark.parametrize(
    ("method", "query", "expected"),
    [
        (b"POST", b"value=v", Write(Create(NOW, PATH, b"v", False, True), False)),
        (b"POST", b"dir=1&prevIndex=3", Write(Create(NOW, PATH, b"", True, True), False)),
        (b"DELETE", b"", Write(Delete(NOW, PATH, False, False), False)),
        (b"DELETE", b"recursive=1", Write(Delete(NOW, PATH, False, True), False, True)),
        (
            b"DELETE",
            b"prevExist=false&prevIndex=3",
            Write(CompareAndDelete(NOW, PATH, None, 3), False),
        ),
        (b"DELETE", b"prevValue=o", Write(CompareAndDelete(NOW, PATH, b"o", 0), False)),
        (b"DELETE", b"noValueOnSuccess=1", Write(Delete(NOW, PATH, False, False), False)),
        (b"PUT", b"noValueOnSuccess=1", Write(Set(NOW, PATH, b""), True)),
        (b"POST", b"noValueOnSuccess=1", Write(Create(NOW, PATH, b"", False, True), True)),
        (b"GET", b"quorum=1&sorted=1", Get(PATH, False, True, True)),
        (b"HEAD", b"quorum=1", Get(PATH, False, False, False)),
        (b"GET", b"wait=1&quorum=1", Get(PATH, False, False, True, True)),
        (b"GET", b"wait=1&recursive=1&stream=1&waitIndex=9", Watch(PATH, True, True, 9)),
        (b"GET", b"stream=1&waitIndex=9", Get(PATH, False, False, False)),
    ],
)
def test_what_other_requests_come_to(method: bytes, query: bytes, expected: Operation) -> None:
    assert operation(method, query) == expected


def test_a_ttl_counts_from_now_and_an_empty_one_is_none() -> None:
    assert operation(b"PUT", b"ttl=5") == Write(
        Set(NOW, PATH, b"", expires=NOW + 5_000_000_000), brief=False
    )
    assert operation(b"PUT", b"ttl=&ttl=5") == Write(Set(NOW, PATH, b""), brief=False)


def test_a_refresh_takes_a_ttl_and_no_value() -> None:
    written = operation(b"PUT", b"refresh=true&ttl=5&value=")
    expires = NOW + 5_000_000_000
    assert written == Write(Set(NOW, PATH, b"", expires=expires, refresh=True), brief=False)


@pytest.mark.parametrize("method", [b"PUT", b"POST"])
def test_the_body_wins_over_the_query(method: bytes) -> None:
    written = operation(method, b"value=query&ttl=x", b"value=body&ttl=")
    assert isinstance(written, Write)
    assert written.command == operation(method, b"", b"value=body").command  # type: ignore[union-attr]


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE"])
def test_bodies_of_other_methods_are_ignored(method: bytes) -> None:
    assert operation(method, b"", b"%zz&dir=x") == operation(method)


@pytest.mark.parametrize("content_type", [b"", b"application/json", b"text/plain; x=y", b"bogus"])
def test_bodies_of_other_types_are_ignored(content_type: bytes) -> None:
    written = parse(b"PUT", PATH, b"value=query", content_type, b"value=%zz", NOW)
    assert written == Write(Set(NOW, PATH, b"query"), brief=False)


@pytest.mark.parametrize(
    ("content_type", "cause"),
    [(b"; x", b"mime: no media type"), (b"anything; a", b"mime: invalid media parameter")],
)
def test_a_malformed_content_type_is_an_error(content_type: bytes, cause: bytes) -> None:
    with pytest.raises(StoreError) as refused:
        parse(b"PUT", PATH, b"", content_type, b"", NOW)
    assert (refused.value.code, refused.value.cause) == (210, cause)
    assert parse(b"DELETE", PATH, b"", content_type, b"", NOW) == operation(b"DELETE")


def test_the_largest_form() -> None:
    fits = b"value=".ljust(MAX_FORM_BYTES, b"x")
    written = operation(b"PUT", b"", fits)
    assert isinstance(written, Write)
    assert written.command == Set(NOW, PATH, fits[6:])
    assert refusal(b"PUT", b"", fits + b"x") == (210, b"http: POST too large", 0)
    assert parse(b"PUT", PATH, b"", b"", fits + b"x", NOW) == operation(b"PUT")


def test_a_body_that_could_not_be_read_is_an_error_where_it_counts() -> None:
    broken = BrokenBody("unexpected EOF")
    assert refusal(b"PUT", b"", broken) == (210, b"unexpected EOF", 0)
    assert operation(b"GET", b"", broken) == operation(b"GET")


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (b"/v2/keys", b"/1"),
        (b"/v2/keys/", b"/1"),
        (b"/v2/keys/a/b", b"/1/a/b"),
        (b"/v2/keys/a/", b"/1/a"),
        (b"/v2/keys/\x00\xff", b"/1/\x00\xff"),
    ],
)
def test_where_a_key_is_in_the_store(path: bytes, key: bytes) -> None:
    assert key_path(path) == key


@pytest.mark.parametrize(
    ("method", "content_type", "wanted"),
    [
        (b"PUT", FORM, True),
        (b"POST", FORM.upper() + b"; charset=utf-8", True),
        (b"PUT", b"application/json", False),
        (b"DELETE", FORM, False),
        (b"GET", FORM, False),
    ],
)
def test_whose_body_counts(method: bytes, content_type: bytes, wanted: bool) -> None:
    assert wants_form(method, content_type) is wanted


def outcome(
    method: bytes, query: bytes, content_type: bytes, body: bytes
) -> Operation | tuple[int, bytes]:
    try:
        return parse(method, PATH, query, content_type, body, NOW)
    except StoreError as error:
        return error.code, error.cause


FORMS = st.lists(
    st.sampled_from(
        [b"value", b"value=", b"=", b"&", b"%41", b"%zz", b"%", b"+", b";", b"ttl=5", b"dir=true"]
    )
    | st.binary(max_size=4),
    max_size=6,
).map(b"".join)


@given(
    st.sampled_from(METHODS),
    st.sampled_from([FORM, b"", b"text/plain", FORM + b";", b"/"]),
    FORMS | FORMS.map(lambda form: b"value=" + form),
)
@example(b"PUT", FORM, b"value=")
@example(b"PUT", FORM, b"value=a+b=c")
@example(b"PUT", FORM, b"value=a\n")
def test_the_shortcut_for_common_requests_agrees_with_the_general_path(
    method: bytes, content_type: bytes, body: bytes
) -> None:
    # A query without parameters, but not empty, takes no shortcut.
    assert outcome(method, b"", content_type, body) == outcome(method, b"&", content_type, body)
