"""Requests for members, users and roles: a refusal is told by its message alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from vard_http.client import InvalidAnswer, Response
from vard_http.ctl.cluster import INVALID_JSON, Cluster, Question, Unreached
from vard_http.ctl.failures import Exit, Failed


def ask(cluster: Cluster, question: Question) -> Response:
    """The answer, whatever its status. Raises Failed."""
    try:
        return cluster.ask(question)
    except Unreached as unreached:
        raise Failed(Exit.BAD_ARGUMENTS, str(unreached)) from unreached


def ask_for(
    cluster: Cluster, question: Question, *expected: HTTPStatus, told: bool = True
) -> Response:
    """An answer with one of these statuses, 200 by default.

    Raises Failed for another one, with the server's words if it is `told` what they are.
    """
    response = ask(cluster, question)
    if response.status in (expected or (HTTPStatus.OK,)):
        return response
    raise refused(response) if told else unexpected(response)


def read(response: Response) -> Any:
    """The JSON of an answer. Raises Failed."""
    try:
        return response.json()
    except InvalidAnswer as error:
        raise Failed(Exit.BAD_ARGUMENTS, INVALID_JSON) from error


def refused(response: Response) -> Failed:
    """The failure with the server's words."""
    return Failed(Exit.BAD_ARGUMENTS, read(response).get("message", "") or "")


def unexpected(response: Response) -> Failed:
    """The failure of who expected another status."""
    return Failed(Exit.BAD_ARGUMENTS, f"unexpected status code {response.status}")
