"""Comparing recorded bodies, which hold placeholders, with received ones."""

from __future__ import annotations

import json
import re
from typing import Any

# RFC 3339 in UTC with up to nine digits and no trailing zero (contract 2).
EXPIRATION = re.compile(rb'"expiration":"(-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{0,8}[1-9])?Z)"')
ADDED = "<id:added>"


class Placeholders:
    """What the placeholders of one scenario stand for."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    def fill(self, text: str) -> str:
        for name, value in self.values.items():
            text = text.replace(name, value)
        return text

    def learn_added(self, expected: str, received: str) -> None:
        """Takes the id of an added member from the first answer that shows one."""
        if ADDED in self.values or ADDED not in expected:
            return
        pattern = re.escape(expected).replace(re.escape(ADDED), "([0-9a-f]{1,16})")
        match = re.fullmatch(pattern, received)
        if match is not None:
            self.values[ADDED] = match.group(1)


def describe_difference(
    mode: str, expected: str, body: bytes, placeholders: Placeholders
) -> str | None:
    """None if `body` equals `expected` as `mode` (bytes, unordered, shape) wants it."""
    masked = EXPIRATION.sub(b'"expiration":"<expiration>"', body)
    received = masked.decode("utf-8", "surrogateescape")
    placeholders.learn_added(expected, received)
    expected = placeholders.fill(expected)
    if received == expected:
        return None
    if mode == "unordered" and _unordered(received) == _unordered(expected):
        return None
    if mode == "shape" and shape(_pairs(received)) == shape(_pairs(expected)):
        return None
    return f"  expected {expected!r}\n  received {received!r}"


class _Object(tuple[tuple[str, Any], ...]):
    """A JSON object that remembers the order of its members."""


def _pairs(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_Object)
    except ValueError:
        return None


def _unordered(text: str) -> Any:
    """The value with its `nodes` and `members` in a fixed order; all other order is kept.

    The line end is kept too, since it is outside the JSON value.
    """
    return _sorted(_pairs(text)), text.endswith("\n")


def _sorted(value: Any) -> Any:
    if isinstance(value, _Object):
        return _Object((name, _sorted_member(name, member)) for name, member in value)
    return value


def _sorted_member(name: str, member: Any) -> Any:
    if isinstance(member, list):
        items = [_sorted(item) for item in member]
        return sorted(items, key=repr) if name in ("nodes", "members") else items
    return _sorted(member)


def shape(value: Any) -> Any:
    """The value with its scalars replaced by the names of their types."""
    if isinstance(value, _Object):
        return [(name, shape(member)) for name, member in value]
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__
