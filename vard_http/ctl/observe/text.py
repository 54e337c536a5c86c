"""Figures as people read them, in few characters; `-` is what is not known."""

from __future__ import annotations

from typing import Final

from vard_http.ctl.observe.histogram import Quantile

UNKNOWN: Final = "-"

_SIZES: Final = "BKMGTP"
_THOUSANDS: Final = ("", "k", "M", "G")


def seconds(value: float | None) -> str:
    """`0.21ms`, `3.4ms`, `120ms`, `1.5s`."""
    if value is None:
        return UNKNOWN
    if value < 0.9995:
        return f"{_three(value * 1000)}ms"
    return f"{_three(value)}s"


def quantile(value: Quantile | None) -> str:
    """The estimate; `<1ms` and `>8.2s` where the bucket has no other end."""
    if value is None:
        return UNKNOWN
    if value.low == 0:
        return f"<{seconds(value.high)}"
    if value.high == float("inf"):
        return f">{seconds(value.low)}"
    return seconds(value.estimate)


def size(value: float | None) -> str:
    """Bytes in binary units: `512B`, `1.5K`, `24M`."""
    if value is None:
        return UNKNOWN
    for unit in _SIZES[:-1]:
        if value < 1000:
            return f"{value:.0f}{unit}" if unit == "B" else f"{_three(value)}{unit}"
        value /= 1024
    return f"{_three(value)}{_SIZES[-1]}"


def rate(value: float | None) -> str:
    """Events a second: `0`, `0.5`, `12`, `1.2k`."""
    if value is None:
        return UNKNOWN
    for unit in _THOUSANDS[:-1]:
        if value < 999.5:
            return "0" if value < 0.05 else f"{_three(value)}{unit}"
        value /= 1000
    return f"{_three(value)}{_THOUSANDS[-1]}"


def whole(value: float | None) -> str:
    """A number that is counted."""
    return UNKNOWN if value is None else f"{value:.0f}"


def percent(value: float | None) -> str:
    """A part of 1 as `12%`."""
    return UNKNOWN if value is None else f"{value * 100:.0f}%"


def _three(value: float) -> str:
    """At most three figures, without zeros at the end of a fraction."""
    if value >= 99.95:
        return f"{value:.0f}"
    text = f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
    return text.rstrip("0").rstrip(".")
