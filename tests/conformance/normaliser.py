"""Two answers to the same request, made comparable: what must differ is masked, nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.conformance.comparison import EXPIRATION
from tests.harness.http1 import Framing, Response

# Both servers take the time from the same clock, a few milliseconds apart.
TIME_TOLERANCE = 3.0

_TTL = re.compile(rb'"ttl":(-?\d+)')
_MASKED_VALUES = {
    "Date": re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"),
    "X-Etcd-Cluster-Id": re.compile(r"[0-9a-f]{1,16}"),
    "X-Raft-Index": re.compile(r"\d+"),
    "X-Raft-Term": re.compile(r"\d+"),
}
_MASKED_LINES = [
    (re.compile(rf"(?m)^{name}: {value.pattern}\r$".encode()), f"{name}: <masked>\r".encode())
    for name, value in _MASKED_VALUES.items()
]

# A body near this size is framed either way, depending on how many digits a time has.
_CHUNKED_FROM = 2048
_TIME_SLACK = 64


@dataclass(frozen=True)
class Timed:
    """The times that were masked in a body, in order."""

    expirations: tuple[float, ...]
    ttls: tuple[int, ...]


def body_difference(left: bytes, right: bytes, *, any_order: bool = True) -> str | None:
    """None if the bodies are equal but for clock readings and, if `any_order`, for the order in
    which directories list their children."""
    if left == right:
        return None
    masked_left, times_left = _mask_times(left)
    masked_right, times_right = _mask_times(right)
    if masked_left != masked_right:
        # A reordered body has the same bytes in all, spelling of escapes included.
        if not any_order or sorted(masked_left) != sorted(masked_right):
            return "bodies differ"
        masked_left, times_left = _mask_times(_ordered(left))
        masked_right, times_right = _mask_times(_ordered(right))
        if masked_left != masked_right:
            return "bodies differ"
    return None if _close(times_left, times_right) else "times differ by more than seconds"


def response_difference(left: Response, right: Response, *, any_order: bool = True) -> str | None:
    """None if two answers are equal: status line, header fields with order, framing, body."""
    if _status_line(left) != _status_line(right):
        return "status lines differ"
    if len(left.interim) != len(right.interim):
        return "interim answers differ"
    for early_left, early_right in zip(left.interim, right.interim, strict=True):
        if early_left != early_right:
            return "interim answers differ"
    if not _same_headers(left, right):
        return "header fields differ"
    body = body_difference(left.body, right.body, any_order=any_order)
    if body is not None:
        return body
    if len(left.chunks) != len(right.chunks) and not _near_limit(left, right):
        return "chunks differ"
    return None


def raw_difference(left: bytes, right: bytes) -> str | None:
    """None if all that two connections delivered is equal, dates and ids masked."""
    for pattern, replacement in _MASKED_LINES:
        left = pattern.sub(replacement, left)
        right = pattern.sub(replacement, right)
    return None if left == right else "bytes differ"


def _status_line(response: Response) -> tuple[str, int, str]:
    return response.head.version, response.head.status, response.head.reason


def _same_headers(left: Response, right: Response) -> bool:
    left_fields, right_fields = _masked_headers(left), _masked_headers(right)
    if left_fields == right_fields:
        return True
    # The length of a body follows the number of digits of the times in it.
    if not (_has_times(left) and _has_times(right)):
        return False
    if _near_limit(left, right):
        drop = ("Content-Length", "Transfer-Encoding")
        return _without(left_fields, drop) == _without(right_fields, drop)
    if not _length_matches(left) or not _length_matches(right):
        return False
    return _with_masked_length(left_fields) == _with_masked_length(right_fields)


def _masked_headers(response: Response) -> list[tuple[str, str]]:
    return [(name, _masked(name, value)) for name, value in response.head.headers]


def _masked(name: str, value: str) -> str:
    pattern = _MASKED_VALUES.get(name)
    return "<masked>" if pattern is not None and pattern.fullmatch(value) else value


def _with_masked_length(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, "<masked>" if name == "Content-Length" else value) for name, value in fields]


def _without(fields: list[tuple[str, str]], names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [pair for pair in fields if pair[0] not in names]


def _has_times(response: Response) -> bool:
    return EXPIRATION.search(response.body) is not None


def _length_matches(response: Response) -> bool:
    if response.framing is not Framing.LENGTH:
        return True
    return response.head.get("Content-Length") == str(len(response.body))


def _near_limit(left: Response, right: Response) -> bool:
    sizes = (len(left.body), len(right.body))
    return _has_times(left) and all(abs(size - _CHUNKED_FROM) < _TIME_SLACK for size in sizes)


def _mask_times(body: bytes) -> tuple[bytes, Timed]:
    expirations = tuple(_seconds(match.group(1).decode()) for match in EXPIRATION.finditer(body))
    ttls = tuple(int(match.group(1)) for match in _TTL.finditer(body))
    body = EXPIRATION.sub(b'"expiration":"<expiration>"', body)
    return _TTL.sub(b'"ttl":<ttl>', body), Timed(expirations, ttls)


def _seconds(text: str) -> float:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")


def _close(left: Timed, right: Timed) -> bool:
    def near(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
        return len(one) == len(other) and all(
            abs(a - b) <= TIME_TOLERANCE for a, b in zip(one, other, strict=True)
        )

    return near(left.expirations, right.expirations) and near(left.ttls, right.ttls)


def _ordered(body: bytes) -> bytes:
    """A listing with the children of every node sorted by key; other bodies as they are."""
    if b'"nodes":[' not in body:
        return body
    try:
        value = json.loads(body)
    except ValueError:
        return body
    return json.dumps(_sorted(value), separators=(",", ":")).encode()


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(member) for name, member in value.items()}
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=_listing_order)
    return value


def _listing_order(node: Any) -> tuple[str, int]:
    # Keys of invalid bytes look alike; the order of creation tells them apart.
    return str(node.get("key")), int(node.get("createdIndex", 0))
