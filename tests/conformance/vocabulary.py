"""The words that random requests are made of: key names, values, good and bad parameters."""

from __future__ import annotations

from urllib.parse import quote_plus

# Path segments as written in the target, with weights. Few names, so that requests collide.
COMMON_NAMES = (b"a", b"b", b"c", b"d", b"q")
HIDDEN_NAMES = (b"_h", b"_", b"_a", b"%5fx")
ODD_NAMES = (
    b"aa",
    b"a-",
    b"A",
    b"1",
    b"%61",
    b"%C3%BC",
    b"u%CC%88",
    "ü".encode(),
    "日本".encode(),
    b"%F0%9F%98%80",
    b"%20",
    b"x%20y",
    b"a+b",
    b"a%2Bb",
    b"%ff",
    b"%fe",
    b"%C3",
    b"%00",
    b"%0a",
    b"%0D%09",
    b"%08%0c",
    b"%7f",
    b"...",
    b"..a",
    b"a..",
    b"*",
    b"~",
    b"%22q%22",
    b"%5c",
    b"%3Cb%3E&amp",
    b"%26",
    b"%27",
    b"%E2%80%A8",
    b"%EF%BF%BD",
    b"%3Fx=1",
    b"%23",
    b"#x",
    b"%25",
    b"%2541",
    b":",
    b"a=b",
    b"a;b",
    b"a%3bb",
    b"a,b",
    b"@$!()",
    b"a%2fb",
    b"d%2Fe",
    b"[x]",
    b"{x}",
    b"a|b^c`d",
    b'a"b',
    b"a\\b",
    b"<i>",
)

VALUES = (
    b"1",
    b"2",
    b"v",
    b"value",
    b"two words",
    b"a+b",
    b"a=b&c=d",
    b"100%",
    b'{"json":[1,2]}',
    b"<script>&amp;</script>",
    b"it's",
    b"back\\slash",
    b"tab\tline\nreturn\r",
    b"\x00\x01\x08\x0c\x1f\x7f",
    "schön".encode(),
    "日本語".encode(),
    "😀".encode(),
    "\u2028\u2029\ufeff\ufffd".encode(),
    b"\xff\xfe",
    b"\xe2\x82",
    b"\xc0\xaf\xed\xa0\x80",
    b"semi;colon",
)

TRUE_WORDS = (b"true", b"true", b"true", b"1", b"t", b"T", b"TRUE", b"True")
FALSE_WORDS = (b"false", b"false", b"0", b"f", b"F", b"FALSE", b"False")
BAD_BOOLS = (b"", b"yes", b"tRUE", b"2", b"on", b" true", b"true ", b"nil", b"\xff")
BAD_INDEXES = (
    b"",
    b"-1",
    b"+1",
    b"x",
    b"1.0",
    b"0x10",
    b"1_0",
    b" 1",
    b"1 ",
    b"18446744073709551616",
    b"1e3",
    "٣".encode(),
    "１".encode(),
)
BAD_TTLS = tuple(each for each in BAD_INDEXES if each)

# Long enough never to expire within a run.
LONG_TTLS = (b"1000", b"500", b"86400", b"0000600", b"100000000")

BOOLS = (b"recursive", b"sorted", b"wait", b"dir", b"quorum", b"stream")
BAD_PARAMETERS: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    *((name, BAD_BOOLS) for name in BOOLS),
    (b"noValueOnSuccess", BAD_BOOLS),
    (b"prevExist", BAD_BOOLS),
    (b"refresh", (*BAD_BOOLS, b"true")),
    (b"prevIndex", BAD_INDEXES),
    (b"waitIndex", BAD_INDEXES),
    (b"ttl", BAD_TTLS),
    (b"prevValue", (b"",)),
)

BAD_FORMS = (
    b"value=%zz",
    b"value=%",
    b"value=%2",
    b"%zz=1",
    b"value=a;b",
    b";",
    b"value=1&x=%g1&ttl=x",
    b"a=%C3%zz",
    b"x=%\xff\xff",
)
ODD_FORMS = (b"&&", b"=", b"=1", b"value", b"value&value=2", b"a=b=c", b"%76alue=named", b"VALUE=1")

CONTENT_TYPES = (
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-8",
    "APPLICATION/X-WWW-FORM-URLENCODED",
    " application/x-www-form-urlencoded ",
    "application/x-www-form-urlencoded;",
    "application/x-www-form-urlencoded; a=b; c",
    'application/x-www-form-urlencoded; charset="utf-8',
    "application/x-www-form-urlencoded; a=1; a=2",
    "application/json",
    "text/plain",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "bogus",
    "",
    "/",
    "; x",
    "anything; a",
    "a/b/c",
    "text / plain",
    "text/plain; =x",
    "tëxt/plain",
)

METHODS = (
    "PATCH",
    "OPTIONS",
    "TRACE",
    "FOO",
    "get",
    "Put",
    "PROPFIND",
    "HEAD",
    "M-SEARCH",
    "!#$%&'*+-.^_`|~",
)

# Targets that need cleaning, lead out of the key space, or name nothing.
ODD_TARGETS = (
    b"/",
    b"/v2",
    b"/v2/",
    b"/v2/keysfoo",
    b"/v2/Keys",
    b"/V2/keys/a",
    b"/v2/key",
    b"/v1/keys/a",
    b"/nope",
    b"/members",
    b"//v2/keys/a",
    b"/v2//keys",
    b"/v2/./keys/a",
    b"/v2/keys//a",
    b"/v2/keys/a//b",
    b"/v2/keys/a/./b",
    b"/v2/keys/a/../b",
    b"/v2/keys/a/..",
    b"/v2/keys/..",
    b"/v2/keys/../",
    b"/v2/keys/../../x",
    b"/v2/keys/a/.",
    b"/v2/keys/a/./",
    b"/v2/keys/a//",
    b"/v2/keys//",
    b"/v2/keys/a%2F%2Fb",
    b"/v2/keys/%2e%2e/x",
    b"/v2/keys/%2E/x",
    b"/v2/keys/a%2f..%2fb",
    b"/v2/keys//a%20b",
    b"/v2/keys//%E4%BD%A0%ff",
    "/v2/keys//ü".encode(),
    b"/v2/keys//a?recursive=true&x=%20y",
    b"/v2/keys//a?<b>&\"c'd",
    b"/v2/keys//a?",
    b"/v2/keys//a;b,c:d@e=f+g$h!i*j'k(l)m",
    b"/v2/keys//a%3Fb%23c%25d",
    b"/v2/keys//#frag",
    b'/v2/keys//[x]{y}|z^w`v\\u"t<s>',
    b"/v2/keys//%5Bx%5D%7Cy",
    b"/v2/keys?",
    b"/v2/keys/?",
    b"/v2/keys/a?",
    b"/v2/keys/a??recursive=x",
    b"/v2/keys/a?recursive=true?",
    b"/v2/keys/a/",
    b"/v2/keys/a%2F",
    b"/v2/keys%2Fa",
    b"/v2%2Fkeys/a",
    b"/v2/%6beys/a",
    b"/v2/keys/a?%72ecursive=x",
    b"/v2/keys/a?;",
    b"/v2/keys/a?a=%zz",
    b"/v2/keys/a?&&=&",
)


def percent_encoded(value: bytes) -> bytes:
    """As a value in a query or form."""
    return quote_plus(value).encode()
