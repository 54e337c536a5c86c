"""JSON text as Go's encoding/json writes it, and RFC 3339 times (contract 2)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec

KEYS_PREFIX: Final = b"/1"
"""Where user keys live in the tree; cut from every path a client sees."""

_PLAIN: Final = bytes(byte for byte in range(0x20, 0x80) if byte not in b'"\\<>&')
_ESCAPED_BY_GO_ONLY: Final = tuple(
    (character, character.encode(), b"\\u%04x" % ord(character)) for character in "<>&\u2028\u2029"
)
_UNUSUAL: Final = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\udc80-\udcff]')
_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

_NANOSECONDS: Final = 1_000_000_000
_DAY: Final = 86_400


def public_path(path: bytes) -> bytes:
    """A path or error cause as clients see it: without the leading `/1`, once."""
    return path.removeprefix(KEYS_PREFIX)


def json_string(value: bytes) -> bytes:
    """A JSON string with its quotes."""
    return b'"%b"' % escape(value)


def escape(value: bytes) -> bytes:
    """The inside of a JSON string.

    Each byte that is not part of valid UTF-8 becomes `\\ufffd`, as Go decodes it: overlong forms,
    encoded surrogates and cut-off sequences count byte by byte.
    """
    # Deleting all plain characters is faster than any regular expression, and leaves nothing in
    # the usual case.
    return _escape(value) if value.translate(None, _PLAIN) else value


def is_plain(value: bytes) -> bool:
    """Whether `escape` leaves `value`, and whatever part of it, as it is."""
    return not value.translate(None, _PLAIN)


def _escape(value: bytes) -> bytes:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return _escape_slowly(value)
    if "\b" in text or "\f" in text:
        return _escape_slowly(value)
    escaped = msgspec.json.encode(text)[1:-1]
    for character, raw, replacement in _ESCAPED_BY_GO_ONLY:
        if character in text:
            escaped = escaped.replace(raw, replacement)
    return escaped


def _escape_slowly(value: bytes) -> bytes:
    """For what msgspec writes differently (`\\b`, `\\f`) or not at all (invalid UTF-8)."""
    # surrogateescape turns each undecodable byte into one code point of U+DC80..U+DCFF, which
    # valid UTF-8 cannot contain.
    text = value.decode("utf-8", "surrogateescape")
    return _UNUSUAL.sub(_escape_character, text).encode()


def _escape_character(match: re.Match[str]) -> str:
    character = match[0]
    if "\udc80" <= character <= "\udcff":
        return "\\ufffd"
    return _SHORT.get(character) or f"\\u{ord(character):04x}"


def rfc3339(nanoseconds: int) -> bytes:
    """UTC time of `nanoseconds` since 1970 (negative before), fraction without trailing zeros."""
    seconds, fraction = divmod(nanoseconds, _NANOSECONDS)
    if not fraction:
        return b"%bZ" % _date_time(seconds)
    return b"%b%bZ" % (_date_time(seconds), (b".%09d" % fraction).rstrip(b"0"))


@lru_cache(maxsize=1024)
def _date_time(seconds: int) -> bytes:
    """The Gregorian date and the time `seconds` after 1970 began.

    Years are counted from March, so that the leap day is the last of its year.
    """
    days, second = divmod(seconds, _DAY)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    since_march_0000 = days + 719_468
    era, day_of_era = divmod(since_march_0000, 146_097)
    leap_days = day_of_era // 1_460 - day_of_era // 36_524 + day_of_era // 146_096
    year_of_era = (day_of_era - leap_days) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = (month_from_march + 2) % 12 + 1
    year = 400 * era + year_of_era + (month <= 2)
    return b"%04d-%02d-%02dT%02d:%02d:%02d" % (year, month, day, hour, minute, second)
