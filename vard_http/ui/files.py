"""The page's own files, and the policy under which a browser runs them."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from typing import Final

from vard_http.api.answers import Answer, Headers

_TYPES: Final = {
    ".html": b"text/html; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}
_INDEX: Final = b"index.html"
_MEMBERS: Final = b"{{members}}"

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)


def index_page(members: Iterable[str]) -> Answer:
    """The page, which may speak to its own member and to `members`, client URLs."""
    urls = " ".join(members)
    policy = _POLICY.format(f"'self' {urls}".strip())
    body = _SOURCES[_INDEX].replace(_MEMBERS, escape(urls).encode())
    return Answer(200, _headers(_INDEX, (b"Content-Security-Policy", policy.encode())), body)


def _headers(name: bytes, *more: tuple[bytes, bytes]) -> Headers:
    suffix = name[name.rindex(b".") :].decode()
    return (
        (b"Cache-Control", b"no-cache"),
        *more,
        (b"Content-Type", _TYPES[suffix]),
        (b"Cross-Origin-Resource-Policy", b"same-origin"),
        (b"Referrer-Policy", b"no-referrer"),
        (b"X-Content-Type-Options", b"nosniff"),
        (b"X-Frame-Options", b"DENY"),
    )


_SOURCES: Final = {
    file.name.encode(): file.read_bytes()
    for file in files(__package__).joinpath("static").iterdir()
}

FILES: Final = {
    name: Answer(200, _headers(name), source) for name, source in _SOURCES.items() if name != _INDEX
}
"""All but the page itself, by name."""
