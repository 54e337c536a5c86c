"""Log lines on stderr: etcd's own format by default, JSON with --logger=zap."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

import structlog

from vard_http.config import Config

_LETTERS = {"debug": "D", "info": "I", "warning": "W", "error": "E", "critical": "C"}


def configure(config: Config) -> None:
    """Set up structlog for the process."""
    level = logging.DEBUG if config.debug else logging.getLevelNamesMapping()["INFO"]
    if not config.debug:
        names = {"warn": "WARNING", "panic": "CRITICAL", "fatal": "CRITICAL"}
        name = names.get(config.log_level, config.log_level.upper())
        level = logging.getLevelNamesMapping()[name]
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = _capnslog
    if config.logger == "zap":
        shared.append(structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"))
        renderer = structlog.processors.JSONRenderer(sort_keys=False)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_logger_factory,
        cache_logger_on_first_use=True,
    )


def _logger_factory(*names: str) -> _NamedLogger:
    return _NamedLogger(names[0] if names else "vard_http")


class _NamedLogger(structlog.PrintLogger):
    """Prints to stderr, and knows which part of the program speaks."""

    def __init__(self, name: str) -> None:
        super().__init__(sys.stderr)
        self.name = name


def _capnslog(logger: _NamedLogger, _: str, event: MutableMapping[str, Any]) -> str:
    """`2026-11-23 14:36:36.923737 I | package: text key=value`."""
    moment = datetime.now().isoformat(" ", "microseconds")
    letter = _LETTERS.get(event.pop("level"), "N")
    text = event.pop("event")
    trouble = event.pop("exception", None)
    pairs = "".join(f" {key}={value}" for key, value in event.items())
    line = f"{moment} {letter} | {logger.name}: {text}{pairs}"
    return f"{line}\n{trouble}" if trouble else line
