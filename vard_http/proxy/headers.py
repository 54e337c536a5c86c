"""The headers of what is forwarded, both ways, as Go's proxy of etcd leaves them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

Pairs = Iterable[tuple[bytes, bytes]]

SINGLE_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailers",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""For one connection only."""

_FORWARDED: Final = b"x-forwarded-for"


def request_headers(received: Pairs, client: str) -> list[tuple[str, str]]:
    """What an endpoint gets from a client at the IP address `client`, without the body's length.

    Earlier proxies' X-Forwarded-For headers become one with the client's address at its end, which
    is empty for a client on a unix socket.
    """
    pairs = list(received)
    kept = [
        (_text(name), _text(value))
        for name, value in pairs
        if name.lower() not in SINGLE_HOP | {_FORWARDED, b"content-length", b"expect"}
    ]
    before = [_text(value) for name, value in pairs if name.lower() == _FORWARDED]
    passed = [*before, client] if client else before
    return [*kept, ("X-Forwarded-For", ", ".join(passed))] if passed else kept


def response_block(received: Pairs, ours: Pairs) -> bytes:
    """The header lines for the client: `ours` and the endpoint's, sorted; ours first of a name."""
    theirs = [
        (_canonical(name), value) for name, value in received if name.lower() not in SINGLE_HOP
    ]
    together = sorted([*ours, *theirs], key=lambda pair: pair[0])
    return b"".join(b"%b: %b\r\n" % pair for pair in together)


def _canonical(name: bytes) -> bytes:
    return b"-".join(part.capitalize() for part in name.split(b"-"))


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
