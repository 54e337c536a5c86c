"""Go's reading of a Content-Type (contract 4.1)."""

from __future__ import annotations

import pytest

from vard_http.api.media import FORM, check_media_type


@pytest.mark.parametrize(
    ("header", "media_type"),
    [
        (b"", b"application/octet-stream"),
        (FORM, FORM),
        (FORM.upper(), FORM),
        (b" " + FORM + b" ", FORM),
        (FORM + b";", FORM),
        (FORM + b"; charset=utf-8", FORM),
        (FORM + b' ; charset="utf\\"-8" ;x=y', FORM),
        (FORM + b"; a=1; a=1", FORM),
        (b"bogus", b"bogus"),
        (b"multipart/form-data", b"multipart/form-data"),
    ],
)
def test_good_headers(header: bytes, media_type: bytes) -> None:
    assert check_media_type(header) == (media_type, None)


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (b"; x", "mime: no media type"),
        (b"/", "mime: no media type"),
        (b"a/b/c", "mime: unexpected content after media subtype"),
        (b"text/", "mime: expected token after slash"),
        (b"t\xc3\xabxt/plain", "mime: expected slash after first token"),
        (b"text / plain", "mime: expected slash after first token"),
    ],
)
def test_headers_without_a_type(header: bytes, error: str) -> None:
    assert check_media_type(header) == (b"", error)


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        (b"; a", "mime: invalid media parameter"),
        (b"; =x", "mime: invalid media parameter"),
        (b"; a=b; c", "mime: invalid media parameter"),
        (b'; charset="utf-8', "mime: invalid media parameter"),
        (b"; a=1; A=2", "mime: duplicate parameter name"),
    ],
)
def test_bad_parameters_leave_the_type_known(parameters: bytes, error: str) -> None:
    assert check_media_type(FORM + parameters) == (FORM, error)
