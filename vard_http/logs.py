"""Log lines: in etcd's own format by default, as JSON with --logger=zap."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Iterable, MutableMapping
from datetime import datetime
from enum import IntEnum
from typing import Any, Final, TextIO

import structlog

from vard_http.config import Config


class Level(IntEnum):
    """How serious a line is; capnslog's levels with the numbers of Python's."""

    CRITICAL = 50
    ERROR = 40
    WARNING = 30
    NOTICE = 25
    INFO = 20
    DEBUG = 10
    TRACE = 5


_FLAG: Final = {
    "debug": Level.DEBUG,
    "info": Level.INFO,
    "warn": Level.WARNING,
    "error": Level.ERROR,
    "dpanic": Level.CRITICAL,
    "panic": Level.CRITICAL,
    "fatal": Level.CRITICAL,
}
_ZAP: Final = {Level.WARNING: "warn", Level.NOTICE: "info", Level.CRITICAL: "fatal"}

Event = MutableMapping[str, Any]


def configure(config: Config) -> None:
    """Set up structlog for the process. Raises OSError if a log file cannot be opened."""
    set_level(Level.DEBUG if config.debug else _FLAG[config.log_level])
    streams = [_open(output) for output in config.log_outputs]
    structlog.configure(
        processors=[
            _threshold,
            structlog.processors.format_exc_info,
            _zap if config.logger == "zap" else _capnslog,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(0),
        logger_factory=lambda *names: _Logger(names[0] if names else "vard_http", streams),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_FromLogging()], level=logging.WARNING, force=True)


def set_level(level: Level) -> None:
    """From now on only lines of this level or above are written."""
    _threshold.level = level


def _open(output: str) -> TextIO:
    if output == "stdout":
        return sys.stdout
    if output in ("default", "stderr"):
        return sys.stderr
    return open(output, "a", encoding="utf-8", errors="backslashreplace")


class _Threshold:
    """Drops what is below the level, and notes the level of what is not.

    An event with `notice` is one between information and warning.
    """

    def __init__(self) -> None:
        self.level = Level.INFO

    def __call__(self, _: _Logger, method: str, event: Event) -> Event:
        level = Level.NOTICE if event.pop("notice", False) else Level[method.upper()]
        if level < self.level:
            raise structlog.DropEvent
        event["level"] = level
        return event


_threshold = _Threshold()


class _Logger:
    """Writes lines, and knows which part of the program speaks."""

    def __init__(self, name: str, streams: Iterable[TextIO]) -> None:
        self.name = name
        self._streams = tuple(streams)

    def msg(self, line: str) -> None:
        """Write to all streams; one that takes nothing, as on a full disk, must not stop us."""
        for stream in self._streams:
            with contextlib.suppress(OSError, ValueError):
                stream.write(line + "\n")
                stream.flush()

    debug = info = warning = error = critical = msg


class _FromLogging(logging.Handler):
    """Takes what libraries log into our lines."""

    def emit(self, record: logging.LogRecord) -> None:
        severe = record.levelno >= logging.ERROR
        log = structlog.get_logger(record.name)
        (log.error if severe else log.warning)(record.getMessage(), exc_info=record.exc_info)


def _capnslog(logger: _Logger, _: str, event: Event) -> str:
    """`2026-11-23 14:36:36.923737 I | package: text key=value`."""
    moment = datetime.now().isoformat(" ", "microseconds")
    letter = event.pop("level").name[0]
    text = event.pop("event")
    trouble = event.pop("exception", None)
    pairs = "".join(f" {key}={_printable(value)}" for key, value in event.items())
    line = f"{moment} {letter} | {logger.name}: {_printable(text)}{pairs}"
    return f"{line}\n{trouble}" if trouble else line


def _printable(value: object) -> str:
    """One line, whatever a stranger may have sent us."""
    text = str(value)
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _zap(logger: _Logger, _: str, event: Event) -> str:
    """`{"level":"info","ts":"2026-11-23T14:36:36.923Z","logger":"package","msg":"text",...}`."""
    level = event.pop("level")
    moment = datetime.now().astimezone()
    zone = moment.strftime("%z")
    line = {
        "level": _ZAP.get(level, level.name.lower()),
        "ts": moment.strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{moment.microsecond // 1000:03d}"
        + ("Z" if zone == "+0000" else zone),
        "logger": logger.name,
        "msg": event.pop("event"),
        **event,
    }
    return json.dumps(line, default=str, separators=(",", ":"))
