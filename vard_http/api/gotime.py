"""Times and durations as Go prints them (contract 2)."""

from __future__ import annotations

import time
from datetime import datetime

_NANOSECONDS = 1_000_000_000


def local_time(nanoseconds: int) -> str:
    """RFC 3339 in the local zone, the fraction without trailing zeros."""
    seconds, fraction = divmod(nanoseconds, _NANOSECONDS)
    moment = datetime.fromtimestamp(seconds).astimezone()
    digits = f"{fraction:09d}".rstrip("0")
    zone = moment.strftime("%z")
    offset = "Z" if zone in ("+0000", "-0000") else f"{zone[:3]}:{zone[3:]}"
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{digits}" if digits else "") + offset


def duration(nanoseconds: int) -> str:
    """`512.5µs`, `5.128673ms`, `6.5s`, `1m2.5s`, `1h0m3s`."""
    if nanoseconds < 1000:
        return f"{nanoseconds}ns" if nanoseconds else "0s"
    for unit, size in (("µs", 1000), ("ms", 1_000_000)):
        if nanoseconds < size * 1000:
            return _decimal(nanoseconds, size) + unit
    minutes, rest = divmod(nanoseconds, 60 * _NANOSECONDS)
    text = _decimal(rest, _NANOSECONDS) + "s"
    if minutes >= 60:
        return f"{minutes // 60}h{minutes % 60}m{text}"
    return f"{minutes}m{text}" if minutes else text


def _decimal(number: int, unit: int) -> str:
    whole, fraction = divmod(number, unit)
    digits = str(fraction).zfill(len(str(unit)) - 1).rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def since(start: int) -> str:
    """How long ago `start` (nanoseconds since 1970) was."""
    return duration(max(0, time.time_ns() - start))
