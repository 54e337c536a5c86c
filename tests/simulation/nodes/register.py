"""The key that linearizability is checked for: a register with etcd's conditions."""

from __future__ import annotations

from typing import Literal

import msgspec

from vard_http.store import (
    Command,
    CompareAndDelete,
    CompareAndSwap,
    Create,
    Delete,
    Event,
    Set,
    StoreError,
)

Kind = Literal["set", "create", "swap", "compare and delete", "delete", "read"]
KINDS: tuple[Kind, ...] = ("set", "create", "swap", "compare and delete", "delete", "read")

Output = tuple[str, bytes | None]
"""A word for the outcome, and the value that was there before, or that was read."""

_REFUSALS = {100: "missing", 101: "differs", 105: "exists"}
NO_ANSWER = 300
"""The code of the store's errors that leave open whether a write comes about."""


class Input(msgspec.Struct, frozen=True):
    """`expected` is what a condition asks for."""

    kind: Kind
    value: bytes = b""
    expected: bytes = b""

    def command(self, path: bytes, now: int) -> Command:
        """What is proposed for it; not for reads."""
        match self.kind:
            case "set":
                return Set(now, path, self.value)
            case "create":
                return Create(now, path, self.value)
            case "swap":
                return CompareAndSwap(now, path, self.value, prev_value=self.expected)
            case "compare and delete":
                return CompareAndDelete(now, path, prev_value=self.expected)
            case "delete":
                return Delete(now, path)
            case _:
                raise ValueError(self.kind)


def output_of(outcome: Event | StoreError) -> Output:
    """What a client learns from an answer."""
    if isinstance(outcome, StoreError):
        return _REFUSALS[outcome.code], None
    return "done", None if outcome.prev is None else outcome.prev.value


def step(state: bytes | None, input: Input, output: Output | None) -> tuple[bool, bytes | None]:
    """linearizability.Step: a state is the value, None if there is no such key."""
    expected, after = _outcome(state, input)
    return output in (None, expected), after


def _outcome(state: bytes | None, input: Input) -> tuple[Output, bytes | None]:
    match input.kind:
        case "set":
            return ("done", state), input.value
        case "create":
            return (("done", None), input.value) if state is None else (("exists", None), state)
        case "read":
            return (("missing", None) if state is None else ("done", state)), state
    if state is None:
        return ("missing", None), None
    if input.kind != "delete" and state != input.expected:
        return ("differs", None), state
    return ("done", state), input.value if input.kind == "swap" else None
