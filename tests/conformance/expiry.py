"""Requests that make nodes expire within a second or two, in an order that cannot vary."""

from __future__ import annotations

from dataclasses import replace

from tests.conformance.chooser import Chooser
from tests.conformance.draft import PREFIX, Draft, Parameter
from tests.conformance.steps import Ask, Expire

GUARD = b"zguard"
"""A key in whose name no other key's begins: watches of history match names by their beginning."""


def expire_step(category: str, choose: Chooser) -> Expire:
    """A recipe for expiry on a chosen key. At most its last request makes a node due at once."""
    key = choose.key() or b"/a"
    short, now = (b"ttl", b"1"), (b"ttl", b"0")
    value, exist = (b"value", choose.value()), (b"prevExist", b"true")
    wrapped, minus_one = (b"ttl", b"9223372036"), (b"ttl", b"18446744073709551615")

    def put(*parameters: Parameter, below: bytes = b"", method: str = "PUT") -> Ask:
        return Draft(category, method, key + below, form=list(parameters)).ask()

    recipes: tuple[tuple[bytes, list[Ask]], ...] = (
        (b"1", [put(value, now)]),
        (b"1", [put(value, now, method="POST")]),
        (b"1", [put(value), put(value, now, exist)]),
        (b"1", [put(value, wrapped)]),
        (b"1", [put(value), put(value, wrapped, exist)]),
        (b"1", [put(value, minus_one)]),
        (b"1", [put(value), put(value, minus_one, exist)]),
        (b"2", [put(value, short), put(short, (b"refresh", b"true"))]),
        (b"2", [put(value, short, method="POST"), put(value, short, method="POST")]),
        (b"2", [put(value, short), put(value)]),
        (b"2", [put(short, (b"dir", b"true")), put(value, short, below=b"/x")]),
        (b"2", [put(value, short, below=b"/x"), put(short, exist, (b"dir", b"true"))]),
        (b"2", [put(value, short, below=b"/x"), put(value, now, below=b"/_y")]),
    )
    guard_ttl, asks = choose.random.choice(recipes)
    form = [(b"value", b""), (b"ttl", guard_ttl)]
    guard = Draft(category, "PUT", b"/" + GUARD, form=form).ask()
    guard = replace(guard, key=None)
    return Expire(category, guard, PREFIX + b"/" + GUARD, tuple(asks))
