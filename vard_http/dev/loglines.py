"""The log lines of nodes, made short, and which of them to show. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vard_http.dev.actions import LEVELS

_CAPNSLOG: Final = re.compile(r"\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d\.\d{3})\d* ([A-Z]) \| (.*)")
_ZAP: Final = re.compile(r'\{"level":"([a-z]+)"')
_ID: Final = re.compile(r"=([0-9a-f]{8,16})\b")
_HARMLESS: Final = frozenset({"T", "D", "I", "N", "debug", "info"})


@dataclass(frozen=True)
class LogLine:
    """`serious` is a warning or worse, or a line that is none of the logger's, as a traceback."""

    text: str
    serious: bool


def parse(line: str, names: Mapping[str, str]) -> LogLine:
    """A line as a node wrote it; the day and the microseconds go, ids become `names`."""
    line = _ID.sub(lambda found: "=" + names.get(found[1], found[1]), line)
    if found := _CAPNSLOG.fullmatch(line):
        moment, level, text = found.groups()
        return LogLine(f"{moment} {level} {text}", level not in _HARMLESS)
    zap = _ZAP.match(line)
    return LogLine(line, zap is None or zap[1] not in _HARMLESS)


def shown(line: LogLine, level: str) -> bool:
    """Whether to show it at this level, one of LEVELS."""
    return level == "info" or (level == "warnings" and line.serious)


def next_level(level: str) -> str:
    """The level that follows, round and round."""
    return LEVELS[(LEVELS.index(level) + 1) % len(LEVELS)]
