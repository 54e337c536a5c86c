"""Booleans, numbers and durations as Go's flag package reads them, and texts as Go quotes them.

Each parser takes the text of one value and raises ValueError with the reason Go gives.
"""

import re

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})

_INTEGER = re.compile(
    r"0[xX](?P<hex>(_?[0-9a-fA-F])+)"
    r"|0[bB](?P<binary>(_?[01])+)"
    r"|0[oO](?P<octal>(_?[0-7])+)"
    r"|0(?P<leading_zero>(_?[0-7])*)"
    r"|(?P<decimal>[1-9](_?[0-9])*)"
)
_BASES = {"hex": 16, "binary": 2, "octal": 8, "leading_zero": 8, "decimal": 10}

_DURATION_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([^0-9.]*)")
_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "\u00b5s": 10**3,
    "\u03bcs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_MAX_INT64 = 2**63 - 1

_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}


def parse_bool(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError("parse error")


def parse_unsigned(text: str, bits: int = 64) -> int:
    """A whole number in Go's literal syntax: `10`, `0x0a`, `0b1010`, `012`, `1_000`."""
    number = _integer(text)
    if number >= 1 << bits:
        raise ValueError("value out of range")
    return number


def parse_signed(text: str, bits: int = 64) -> int:
    """As `parse_unsigned`, with an optional sign."""
    negative = text.startswith("-")
    magnitude = _integer(text[1:] if text.startswith(("+", "-")) else text)
    if magnitude >= (1 << (bits - 1)) + negative:
        raise ValueError("value out of range")
    return -magnitude if negative else magnitude


def parse_duration(text: str) -> int:
    """Nanoseconds of a duration such as `300ms`, `-1.5h` or `2h45m`; a bare `0` is zero."""
    body = text[1:] if text.startswith(("+", "-")) else text
    if body == "0":
        return 0
    total, position = 0, 0
    while position < len(body):
        part = _DURATION_PART.match(body, position)
        if part is None or part[2] not in _NANOSECONDS:
            raise ValueError("parse error")
        total += _scaled(part[1], _NANOSECONDS[part[2]])
        position = part.end()
    if position == 0 or total > _MAX_INT64:
        raise ValueError("parse error")
    return -total if text.startswith("-") else total


def quote(text: str) -> str:
    """`text` in double quotes, control characters escaped, as Go's %q prints it."""
    escaped = (_ESCAPES.get(one) or (one if one.isprintable() else _by_number(one)) for one in text)
    return f'"{"".join(escaped)}"'


def _integer(text: str) -> int:
    match = _INTEGER.fullmatch(text)
    if match is None:
        raise ValueError("parse error")
    base = match.lastgroup
    assert base is not None
    return int(match[base].replace("_", "") or "0", _BASES[base])


def _scaled(decimal: str, unit: int) -> int:
    whole, _, fraction = decimal.partition(".")
    return int(whole or "0") * unit + int(fraction or "0") * unit // int("1" + "0" * len(fraction))


def _by_number(character: str) -> str:
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
