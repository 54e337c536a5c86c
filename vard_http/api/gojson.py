"""Go's encoding/json as clients meet it: which texts it refuses, and in what words."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from vard_http.govalues import quote

MAX_DEPTH: Final = 10_000

_SPACE = re.compile(rb"[ \t\r\n]*")
_STRING = re.compile(rb'[^"\\\x00-\x1f]*')
_DIGITS = re.compile(rb"[0-9]*")
_HEX = re.compile(rb"[0-9a-fA-F]{0,4}")
_LITERALS: Final = {b"t": b"true", b"f": b"false", b"n": b"null"}
_KINDS: Final = {b"{": "object", b"[": "array", b'"': "string", b"n": "null"}
_BOOLS: Final = (b"t", b"f")
_PEER_URLS_TYPE: Final = r'struct { PeerURLs []string "json:\"peerURLs\"" }'


class GoJsonError(ValueError):
    """The text is refused; the message is Go's."""


class _Part(msgspec.Struct, frozen=True):
    """A value or the name of a member, `depth` brackets deep; `text` of a container is empty."""

    depth: int
    kind: str
    text: bytes


def read_peer_urls(text: bytes) -> Sequence[str]:
    """The list of strings `peerURLs` of the object that `text` is; empty if it has none.

    The member's name may be in any case, other members are ignored. Raises GoJsonError.
    """
    whole, *parts = _Scanner(text).scan()
    if whole.kind not in ("object", "null"):
        raise _type_error(whole, f"value of type {_PEER_URLS_TYPE}")
    urls: list[str] = []
    wanted = False
    for part in parts:
        if part.depth == 1 and part.kind == "name":
            wanted = _string(part.text).casefold() == "peerurls"
        elif part.depth == 1 and wanted:
            if part.kind not in ("array", "null"):
                raise _type_error(part, "struct field .peerURLs of type []string")
            urls = []
        elif wanted:
            if part.kind not in ("string", "null"):
                raise _type_error(part, "struct field .peerURLs of type string")
            urls.append(_string(part.text) if part.kind == "string" else "")
    return urls


def _string(text: bytes) -> str:
    """As Go decodes it: what is no character becomes U+FFFD."""
    value: str = json.loads(text.decode("utf-8", "surrogateescape"))
    return re.sub("[\ud800-\udfff]", "\ufffd", value)


def _type_error(part: _Part, target: str) -> GoJsonError:
    return GoJsonError(f"json: cannot unmarshal {part.kind} into Go {target}")


class _Scanner:
    """Reads a text once, without recursion; `_open` holds the brackets that are not closed."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._at = 0
        self._open: list[bytes] = []
        self._parts: list[_Part] = []

    def scan(self) -> Sequence[_Part]:
        """What lies at most two brackets deep, in order.

        Raises GoJsonError unless the text is one JSON value with nothing around it but space.
        """
        while self._value() or self._next_in_container():
            pass
        return self._parts

    def _note(self, kind: str, start: int) -> None:
        if len(self._open) <= 2:
            self._parts.append(_Part(len(self._open), kind, self._text[start : self._at]))

    def _value(self) -> bool:
        """Read what begins a value; True if another value must follow at once."""
        self._skip(_SPACE)
        start = self._at
        first = self._take()
        if first in (b"{", b"["):
            self._note(_KINDS[first], self._at)
            return self._begin_container(first)
        if first == b'"':
            self._rest_of_string()
        elif first == b"-" or first.isdigit():
            self._number(first)
        elif first in _LITERALS:
            self._literal(_LITERALS[first])
        else:
            raise self._unexpected("looking for beginning of value")
        self._note("bool" if first in _BOOLS else _KINDS.get(first, "number"), start)
        return False

    def _begin_container(self, bracket: bytes) -> bool:
        if len(self._open) == MAX_DEPTH:
            raise self._unexpected("exceeded max depth")
        self._open.append(bracket)
        self._skip(_SPACE)
        if self._peek() == (b"}" if bracket == b"{" else b"]"):
            self._at += 1
            self._open.pop()
            return False
        if bracket == b"{":
            self._name()
        return True

    def _next_in_container(self) -> bool:
        """Go on after a value; False at the end of the text."""
        while self._open:
            inside = self._open[-1]
            self._skip(_SPACE)
            mark = self._take()
            if mark == b",":
                if inside == b"{":
                    self._name()
                return True
            if mark != (b"}" if inside == b"{" else b"]"):
                after = "object key:value pair" if inside == b"{" else "array element"
                raise self._unexpected(f"after {after}")
            self._open.pop()
        self._skip(_SPACE)
        if self._take():
            raise self._unexpected("after top-level value")
        return False

    def _name(self) -> None:
        self._skip(_SPACE)
        if self._take() != b'"':
            raise self._unexpected("looking for beginning of object key string")
        start = self._at - 1
        self._rest_of_string()
        self._note("name", start)
        self._skip(_SPACE)
        if self._take() != b":":
            raise self._unexpected("after object key")

    def _rest_of_string(self) -> None:
        while True:
            self._skip(_STRING)
            match self._take():
                case b'"':
                    return
                case b"\\":
                    self._escape()
                case _:
                    raise self._unexpected("in string literal")

    def _escape(self) -> None:
        code = self._take()
        if code == b"u":
            start = self._at
            self._skip(_HEX)
            if self._at < start + 4:
                self._take()
                raise self._broken("in \\u hexadecimal character escape")
        elif not code or code not in b'bfnrt\\/"':
            raise self._broken("in string escape code")

    def _number(self, first: bytes) -> None:
        if first == b"-":
            first = self._digit("in numeric literal")
        if first != b"0":
            self._skip(_DIGITS)
        if self._peek() == b".":
            self._at += 1
            self._digit("after decimal point in numeric literal")
            self._skip(_DIGITS)
        if self._peek() in (b"e", b"E"):
            self._at += 1
            if self._peek() in (b"+", b"-"):
                self._at += 1
            self._digit("in exponent of numeric literal")
            self._skip(_DIGITS)

    def _digit(self, where: str) -> bytes:
        digit = self._take()
        if not digit.isdigit():
            raise self._broken(where)
        return digit

    def _literal(self, word: bytes) -> None:
        for code in word[1:]:
            if self._take() != bytes((code,)):
                raise self._broken(f"in literal {word.decode()} (expecting {chr(code)!r})")

    def _skip(self, pattern: re.Pattern[bytes]) -> None:
        match = pattern.match(self._text, self._at)
        assert match is not None
        self._at = match.end()

    def _peek(self) -> bytes:
        return self._text[self._at : self._at + 1]

    def _take(self) -> bytes:
        """The next byte, empty at the end."""
        byte = self._peek()
        self._at += 1
        return byte

    def _unexpected(self, where: str) -> GoJsonError:
        """For the byte just taken, where the text might have gone on with space."""
        if self._at > len(self._text):
            return GoJsonError("unexpected end of JSON input")
        return self._broken(where)

    def _broken(self, where: str) -> GoJsonError:
        """For the byte just taken within a token; Go reads a space behind the end."""
        byte = self._text[self._at - 1 : self._at] or b" "
        return GoJsonError(f"invalid character {_quoted(byte)} {where}")


def _quoted(byte: bytes) -> str:
    """A byte as Go's encoding/json quotes the character of that number."""
    special = {b"'": "'\\''", b'"': "'\"'"}
    return special.get(byte) or f"'{quote(byte.decode('latin-1'))[1:-1]}'"
