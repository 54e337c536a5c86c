"""Drives operations of the client by hand: outcomes in, steps out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from vard_http.client.exchange import (
    Attempt,
    Failure,
    Listen,
    Open,
    Operation,
    Outcome,
    Pause,
    Step,
)
from vard_http.client.model import Response

T = TypeVar("T")

REFUSED = Failure("connection refused", sent=False)
CUT = Failure("connection reset", sent=True)


def answer(status: int, body: object = None, index: int = 0, **headers: str) -> Response:
    """An answer of the server; `body` is what its JSON says, None for an empty one."""
    raw = b"" if body is None else json.dumps(body).encode()
    fields = {"x-etcd-index": str(index), "content-length": str(len(raw))}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {**fields, **named}, raw)


def event(index: int, key: str = "/k", action: str = "set", **more: Any) -> Response:
    """An event at `index`, as a long poll gives it."""
    node = {"key": key, "value": "v", "modifiedIndex": index, "createdIndex": index, **more}
    return answer(200, {"action": action, "node": node}, index - 1)


def error(code: int, status: int = 400, cause: str = "", index: int = 0) -> Response:
    return answer(
        status, {"errorCode": code, "message": "m", "cause": cause, "index": index}, index
    )


def began(index: int, **headers: str) -> Open:
    """A long poll that waits since `index`."""
    return Open(answer(200, None, index, **headers))


def play(operation: Operation[T], *outcomes: Outcome) -> tuple[T, list[Step]]:
    """The operation's result when its steps have these outcomes, and the steps but for pauses."""
    steps: list[Step] = []
    waiting = list(outcomes)

    def respond(step: Step) -> Outcome:
        steps.append(step)
        assert waiting, f"a step too many: {step}"
        return waiting.pop(0)

    result = drive(operation, respond)
    assert not waiting, f"never asked for: {waiting}"
    return result, steps


def drive(
    operation: Operation[T],
    respond: Callable[[Attempt | Listen], Outcome],
    pause: Callable[[float], None] = lambda seconds: None,
) -> T:
    """The operation's result, its attempts being answered by `respond`."""
    try:
        step = next(operation)
        while True:
            if isinstance(step, Pause):
                pause(step.seconds)
                step = operation.send(None)
            else:
                step = operation.send(respond(step))
    except StopIteration as end:
        result: T = end.value
        return result


def asked(steps: list[Step]) -> list[str]:
    """The endpoints that were asked, in order."""
    return [step.endpoint for step in steps if isinstance(step, Attempt)]


def targets(steps: list[Step]) -> list[str]:
    """The paths that were asked for, with their queries."""
    return [step.request.target for step in steps if isinstance(step, Attempt)]


def form(request_body: bytes | None) -> Mapping[str, str]:
    """The parameters of a form."""
    return dict(parse_qsl((request_body or b"").decode(), keep_blank_values=True))
