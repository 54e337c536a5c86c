"""What a check found: how bad it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad a finding is; the exit status of `check` is that of its worst."""

    OK = 0
    WARN = 1
    FAIL = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """`member` is a name, empty if it concerns the cluster; `advice` is empty if all is well."""

    level: Level
    check: str
    text: str
    advice: str = ""
    member: str = ""


def worst(findings: Iterable[Finding]) -> Level:
    """The level of the whole; OK without findings."""
    return max((one.level for one in findings), default=Level.OK)
