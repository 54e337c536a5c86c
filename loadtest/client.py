"""One HTTP request at a time, for all that is not measured."""

from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Answer(NamedTuple):
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class RequestFailed(RuntimeError):
    """There was no answer, or not the one that was needed."""


def request(
    port: int,
    method: str,
    target: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = 10.0,
    host: str = "127.0.0.1",
) -> Answer:
    """Asks host:port on a new connection. Raises RequestFailed without an answer."""
    with closing(HTTPConnection(host, port, timeout=timeout)) as connection:
        try:
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.read())
        except (OSError, HTTPException) as error:
            raise RequestFailed(f"{method} {target} at port {port}: {error!r}") from error


def must(
    port: int,
    method: str,
    target: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """As `request`; raises RequestFailed for a status of 300 or more, too."""
    answer = request(port, method, target, body, headers)
    if answer.status >= 300:
        raise RequestFailed(f"{method} {target}: {answer.status} {answer.body[:200]!r}")
    return answer
