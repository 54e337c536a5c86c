"""Go's encoding/json as clients meet it: which texts it refuses, and in what words."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

MAX_DEPTH: Final = 10_000

_SPACE = re.compile(rb"[ \t\r\n]*")
_STRING = re.compile(rb'[^"\\\x00-\x1f]*')
_DIGITS = re.compile(rb"[0-9]*")
_HEX = re.compile(rb"[0-9a-fA-F]{0,4}")
_LITERALS: Final = {b"t": b"true", b"f": b"false", b"n": b"null"}
_SHORT: Final = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    "'": "\\'",
    '"': '"',
}

_PEER_URLS_TYPE: Final = r'struct { PeerURLs []string "json:\"peerURLs\"" }'


class GoJsonError(ValueError):
    """The text is refused; the message is Go's."""


class _Object(list[tuple[str, Any]]):
    """A JSON object: its members in order, a name perhaps more than once."""


_decoder: Final = json.JSONDecoder(object_pairs_hook=_Object, parse_int=float)


def read_peer_urls(text: bytes) -> Sequence[str]:
    """The list of strings `peerURLs` of the object that `text` is; empty if it has none.

    The member's name may be in any case, other members are ignored. Raises GoJsonError.
    """
    check_syntax(text)
    urls: list[str] = []
    try:
        value = _decoder.decode(text.decode("utf-8", "surrogateescape"))
    except RecursionError:
        raise GoJsonError("exceeded max depth") from None
    if value is None:
        return urls
    if not isinstance(value, _Object):
        raise _type_error(value, f"value of type {_PEER_URLS_TYPE}")
    for name, member in value:
        if name.casefold() == "peerurls":
            urls = _strings(member, ".peerURLs")
    return urls


def _strings(value: object, field: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or isinstance(value, _Object):
        raise _type_error(value, f"struct field {field} of type []string")
    for each in value:
        if not isinstance(each, str | None):
            raise _type_error(each, f"struct field {field} of type string")
    return [_text(each or "") for each in value]


def _text(value: str) -> str:
    """As Go decodes it: what is no character becomes U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", value)


def _type_error(value: object, target: str) -> GoJsonError:
    kinds = {bool: "bool", float: "number", str: "string", list: "array", _Object: "object"}
    return GoJsonError(f"json: cannot unmarshal {kinds[type(value)]} into Go {target}")


def check_syntax(text: bytes) -> None:
    """Raises GoJsonError unless `text` is one JSON value with nothing around it but space."""
    _Scanner(text).scan()


class _Scanner:
    """Reads a text once, without recursion; `_open` holds the brackets that are not closed."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._at = 0
        self._open: list[bytes] = []

    def scan(self) -> None:
        while self._value() or self._next_in_container():
            pass

    def _value(self) -> bool:
        """Read what begins a value; True if another value must follow at once."""
        self._skip(_SPACE)
        first = self._take()
        if first in (b"{", b"["):
            return self._begin_container(first)
        if first == b'"':
            self._string()
        elif first == b"-" or first.isdigit():
            self._number(first)
        elif first in _LITERALS:
            self._literal(_LITERALS[first])
        else:
            raise self._unexpected("looking for beginning of value")
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
        self._string()
        self._skip(_SPACE)
        if self._take() != b":":
            raise self._unexpected("after object key")

    def _string(self) -> None:
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
    """A byte as Go's strconv quotes the character of that number."""
    character = byte.decode("latin-1")
    if character in _SHORT:
        return f"'{_SHORT[character]}'"
    if character.isprintable() and character != "\xa0":
        return f"'{character}'"
    code = ord(character)
    return f"'\\x{code:02x}'" if code < 0x80 else f"'\\u{code:04x}'"
