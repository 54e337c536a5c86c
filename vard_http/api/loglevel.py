"""/config/local/log: the log level at run time (contract 15)."""

from __future__ import annotations

import json
from typing import Final

import structlog

from vard_http.api.answers import Answer
from vard_http.api.request import Request, message
from vard_http.api.service import Service
from vard_http.logs import Level, set_level

log = structlog.get_logger("api")

_NAMES: Final = {
    "CRITICAL": Level.CRITICAL,
    "ERROR": Level.ERROR,
    "WARNING": Level.WARNING,
    "NOTICE": Level.NOTICE,
    "INFO": Level.INFO,
    "DEBUG": Level.DEBUG,
    "TRACE": Level.TRACE,
}
_LEVELS: Final = (
    _NAMES
    | {name[0]: level for name, level in _NAMES.items()}
    | {str(number): level for number, level in enumerate(list(_NAMES.values())[1:])}
)


async def config_log(_: Service, request: Request) -> Answer:
    """PUT /config/local/log: from now on only lines of this level or above are written."""
    try:
        wanted = _parse(request.body)
    except ValueError:
        return message(400, "Invalid json body")
    level = _LEVELS.get(wanted.upper())
    if level is None:
        return message(400, f"Invalid log level {wanted}")
    log.info(f'globalLogLevel set to "{level.name}"', notice=True)
    set_level(level)
    return Answer(204, ())


def _parse(body: bytes) -> str:
    """`Level` of the JSON value that the body begins with, as Go's decoder finds it.

    Names count in any case, the last one wins, null is nothing. Raises ValueError.
    """
    text = body.decode(errors="replace").lstrip(" \t\r\n")
    decoder = json.JSONDecoder(object_pairs_hook=tuple, parse_constant=_refuse)
    value, _end = decoder.raw_decode(text)
    if value is not None and not isinstance(value, tuple):
        raise ValueError("not an object")
    level = ""
    for name, given in value or ():
        if name.lower() == "level" and given is not None:
            if not isinstance(given, str):
                raise ValueError("not a string")
            level = given
    return level.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
