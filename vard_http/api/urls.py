"""Go's rules for request targets, paths, queries and forms (contract 1.1 and 4.1).

Everything is bytes: keys and values may hold any byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vard_http.config.urls import host_and_port

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
_NOT_IN_PATH = re.compile(rb"[^A-Za-z0-9$&+,/:;=@_.~-]")
_NOT_CLEAN = re.compile(rb"//|/\.{1,2}(/|$)")

_DECODED = {b"%02x" % i: bytes([i]) for i in range(256)}


class UrlError(Exception):
    """The text breaks the syntax; the argument is the error text that Go gives."""


_QUOTED = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def go_quote(text: bytes) -> str:
    """The text as Go's %q prints it."""
    quoted = []
    for character in text.decode("utf-8", "surrogateescape"):
        code = ord(character)
        if character in _QUOTED:
            quoted.append(_QUOTED[character])
        elif character.isprintable():
            quoted.append(character)
        elif 0xDC80 <= code <= 0xDCFF:
            quoted.append(f"\\x{code - 0xDC00:02x}")
        elif code < 0x80:
            quoted.append(f"\\x{code:02x}")
        else:
            quoted.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return '"' + "".join(quoted) + '"'


def unescape(text: bytes) -> bytes:
    """Percent-decode. Raises UrlError."""
    if b"%" not in text:
        return text
    bad = _BAD_ESCAPE.search(text)
    if bad:
        raise UrlError("invalid URL escape " + go_quote(bad.group()))
    return _ESCAPE.sub(lambda match: _DECODED[match.group(1).lower()], text)


def escape_path(path: bytes) -> bytes:
    """Percent-encode what Go would in a path."""
    return _NOT_IN_PATH.sub(lambda match: b"%%%02X" % match.group()[0], path)


def escape_non_ascii(text: bytes) -> bytes:
    """Percent-encode bytes from 0x80 on, and nothing else."""
    return re.sub(rb"[\x80-\xff]", lambda match: b"%%%02x" % match.group()[0], text)


def split_target(target: bytes) -> tuple[bytes, bytes]:
    """The decoded path and the raw query of a request target. Raises UrlError."""
    if _CONTROL.search(target):
        raise UrlError("net/url: invalid control character in URL")
    path, _, query = target.partition(b"?")
    scheme = _SCHEME.match(path)
    if scheme:
        path = path[scheme.end() :]
        if path.startswith(b"//"):
            authority, slash, rest = path[2:].partition(b"/")
            if b"[" in authority and b"]" not in authority:
                raise UrlError("missing ']' in host")
            path = slash + rest
        elif not path.startswith(b"/"):
            path = b""
    elif not path.startswith(b"/"):
        raise UrlError("invalid URI for request")
    return unescape(path), query


def clean(path: bytes) -> bytes:
    """The path without empty, `.` and `..` segments; one trailing slash stays."""
    if not path.startswith(b"/"):
        path = b"/" + path
    if not _NOT_CLEAN.search(path):
        return path
    names: list[bytes] = []
    for name in path.split(b"/"):
        if name == b"..":
            del names[-1:]
        elif name not in (b"", b"."):
            names.append(name)
    cleaned = b"/" + b"/".join(names)
    return cleaned + b"/" if path.endswith(b"/") and names else cleaned


class Form:
    """Parameters of a request body and its query string; the first of a name wins.

    `error` is Go's text for the first thing wrong with their syntax; the body's goes first.
    """

    __slots__ = ("error", "values")

    def __init__(self, body: bytes, query: bytes) -> None:
        self.values: dict[bytes, bytes] = {}
        self.error: str | None = None
        for text in (body, query):
            if text:
                self._read(text)

    def _read(self, text: bytes) -> None:
        error = None
        for name, value in _pairs(text):
            if isinstance(value, UrlError):
                error = error or str(value)
            else:
                self.values.setdefault(name, value)
        self.error = self.error or error


def _pairs(text: bytes) -> Iterator[tuple[bytes, bytes | UrlError]]:
    for pair in text.split(b"&"):
        if b";" in pair:
            yield b"", UrlError("invalid semicolon separator in query")
        elif pair:
            name, _, value = pair.replace(b"+", b" ").partition(b"=")
            try:
                yield unescape(name), unescape(value)
            except UrlError as error:
                yield b"", error


def without_port(host: bytes) -> bytes:
    """The host that a Host header names; all of it if it has no port, brackets included."""
    try:
        return host_and_port(host.decode("latin-1"))[0].encode("latin-1")
    except ValueError:
        return host
