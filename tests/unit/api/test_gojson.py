"""The texts in which etcd refuses a body of /v2/members; recorded from etcd 3.4.23."""

from __future__ import annotations

import pytest

from vard_http.api.gojson import GoJsonError, read_peer_urls

STRUCT = r'struct { PeerURLs []string "json:\"peerURLs\"" }'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "unexpected end of JSON input"),
        (b'{"a":[1,', "unexpected end of JSON input"),
        (b'"a', "unexpected end of JSON input"),
        (b"x", "invalid character 'x' looking for beginning of value"),
        (b"'", r"invalid character '\'' looking for beginning of value"),
        (b"\xe9", "invalid character 'é' looking for beginning of value"),
        (b"\xa0", r"invalid character '\u00a0' looking for beginning of value"),
        (b"\x00", r"invalid character '\x00' looking for beginning of value"),
        (b"{x", "invalid character 'x' looking for beginning of object key string"),
        (b'{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        (b'{"a" x', "invalid character 'x' after object key"),
        (b'{"a":1 x', "invalid character 'x' after object key:value pair"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b"{} x", "invalid character 'x' after top-level value"),
        (b"01", "invalid character '1' after top-level value"),
        (b"nulx", "invalid character 'x' in literal null (expecting 'l')"),
        (b"fals", "invalid character ' ' in literal false (expecting 'e')"),
        (b"-", "invalid character ' ' in numeric literal"),
        (b"1.x", "invalid character 'x' after decimal point in numeric literal"),
        (b"1e+", "invalid character ' ' in exponent of numeric literal"),
        (b'"\n"', r"invalid character '\n' in string literal"),
        (b'"\\x"', "invalid character 'x' in string escape code"),
        (b'"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"),
        (b"[" * 10_001, "invalid character '[' exceeded max depth"),
        (b"[]", f"json: cannot unmarshal array into Go value of type {STRUCT}"),
        (b"1", f"json: cannot unmarshal number into Go value of type {STRUCT}"),
        (
            b'{"peerURLs":true}',
            "json: cannot unmarshal bool into Go struct field .peerURLs of type []string",
        ),
        (
            b'{"peerURLs":["http://a:1",{}]}',
            "json: cannot unmarshal object into Go struct field .peerURLs of type string",
        ),
    ],
    ids=lambda each: repr(each[:30]),
)
def test_what_is_refused(text: bytes, reason: str) -> None:
    with pytest.raises(GoJsonError) as refused:
        read_peer_urls(text)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (b"{}", []),
        (b"null", []),
        (b'{"peerURLs":null}', []),
        (b'{"peerURLs":["a","b"]}', ["a", "b"]),
        (b'\n{ "PEERURLS" : [ "a" ] }\t', ["a"]),
        (b'{"name":{"peerURLs":["x"]},"peerURLs":["a"],"other":["y"]}', ["a"]),
        (b'{"peerURLs":["a"],"peerurls":["b"]}', ["b"]),
        (b'{"peerURLs":["\\u00fc\\n\xff\\ud800"]}', ["ü\n\ufffd\ufffd"]),
        (b'{"deep":' + b"[" * 9_999 + b"]" * 9_999 + b',"peerURLs":["a"]}', ["a"]),
    ],
    ids=lambda each: repr(each[:30]),
)
def test_what_is_read(text: bytes, urls: list[str]) -> None:
    assert read_peer_urls(text) == urls
