"""A key of the v2 API as a sequential object: what each request may be answered with, and then."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Kind = Literal["read", "put", "create", "cas_value", "cas_index", "delete", "cad_value"]

State = tuple[str, int] | None
"""Value and modifiedIndex of the key; index 0 if it was written without an answer to tell it."""


class Request(Struct, frozen=True):
    """What is asked. For the conditional kinds, `expected` is the value that was seen, and
    `expected_index` the index it was seen at; values are unique, so either tells the other."""

    kind: Kind
    value: str = ""
    expected: str = ""
    expected_index: int = 0


class Answer(Struct, frozen=True):
    """What came back: `code` is 0 or an errorCode, `index` the new modifiedIndex, `before` what the
    key was (prevNode; the node of a read), `actual` what a failed comparison found."""

    code: int = 0
    index: int = 0
    before: State = None
    actual: str = ""


def step(state: State, request: Request, answer: Answer | None) -> tuple[bool, State]:
    """For linearizability.check (contract 5.2 to 5.4)."""
    if answer is None:
        return True, _unseen(state, request)
    if answer.code:
        return _refused(state, request, answer)
    known = _learn(state, answer.before)
    if known is False:
        return False, state
    match request.kind:
        case "read":
            return answer.before is not None, answer.before
        case "create":
            possible = state is None
        case "put":
            possible = True
        case "delete":
            possible = state is not None
        case _:
            possible = _matches(answer.before, request)
    rising = answer.before is None or answer.index > answer.before[1]
    after = None if request.kind in ("delete", "cad_value") else (request.value, answer.index)
    return possible and rising, after


def _learn(state: State, seen: State) -> bool:
    """Whether `seen` can be what the key is."""
    if state is None or seen is None:
        return state is seen
    return state[0] == seen[0] and state[1] in (0, seen[1])


def _matches(state: State, request: Request) -> bool:
    if state is None:
        return False
    if request.kind == "cas_index" and state[1]:
        return state[1] == request.expected_index
    return state[0] == request.expected


def _unseen(state: State, request: Request) -> State:
    """What an unanswered request makes of the key, if it takes effect."""
    match request.kind:
        case "read":
            return state
        case "put":
            return (request.value, 0)
        case "create":
            return (request.value, 0) if state is None else state
        case "delete":
            return None
        case "cad_value":
            return None if _matches(state, request) else state
    return (request.value, 0) if _matches(state, request) else state


def _refused(state: State, request: Request, answer: Answer) -> tuple[bool, State]:
    match answer.code:
        case 100:
            return state is None and request.kind not in ("put", "create"), state
        case 105:
            return state is not None and request.kind == "create", state
        case 101:
            if state is None or _matches(state, request):
                return False, state
            if request.kind != "cas_index":
                return answer.actual == state[0], state
            return state[1] in (0, int(answer.actual)), (state[0], int(answer.actual))
    return False, state
