"""Floats as Go's encoding/json writes them (contract 2)."""

from __future__ import annotations

from decimal import Decimal

import orjson


def go_float(value: float) -> orjson.Fragment:
    """The shortest digits that read back as `value`; an exponent below 1e-6 and from 1e21 on."""
    size = abs(value)
    if value and not 1e-6 <= size < 1e21:
        digits, _, exponent = f"{Decimal(repr(value)):e}".partition("e")
        return orjson.Fragment(f"{_shortest(digits)}e{int(exponent):+d}")
    return orjson.Fragment(_shortest(f"{Decimal(repr(value)):f}"))


def _shortest(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
