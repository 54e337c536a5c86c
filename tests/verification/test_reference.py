"""The reference does what the verified handlers did, in every recorded step; less would be seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.verification.reference.raft import (
    AppendEntries,
    Handlers,
    Message,
    RequestVote,
    State,
    Step,
)
from tests.verification.reference.replay import Mismatch, Replay
from tests.verification.reference.trace import TRACES, Json, Trace, load


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.name.removesuffix(".jsonl.gz"))
def test_every_recorded_step_is_repeated(path: Path) -> None:
    Replay(load(path)).run()


def test_all_the_recordings_are_here() -> None:
    assert len(TRACES) == 35
    assert sum(len(load(path).steps) for path in TRACES) == 25 * 300 + 10 * 400


class VotesTwice(Handlers):
    def handle_request_vote(
        self, state: State, candidate_id: int, m: RequestVote
    ) -> tuple[State, Message]:
        return super().handle_request_vote(replace(state, voted_for=None), candidate_id, m)


class CommitsOldTerms(Handlers):
    def advance_commit_index(self, state: State) -> State:
        reached = [e.index for e in state.log if self.have_quorum(state, e.index)]
        return replace(state, commit_index=max([state.commit_index, *reached]))


class NeverTruncates(Handlers):
    def handle_append_entries(self, state: State, m: AppendEntries) -> tuple[State, Message]:
        after, reply = super().handle_append_entries(state, m)
        shorter = len(after.log) < len(state.log)
        return replace(after, log=state.log) if shorter else after, reply


class CountsHalfAsQuorum(Handlers):
    def won_election(self, votes: set[int]) -> bool:
        return len(self.nodes) // 2 <= len(votes)


class ForgetsTheClientCache(Handlers):
    def do_generic_server(self, state: State) -> Step:
        return super().do_generic_server(replace(state, client_cache=()))


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (VotesTwice, "votedFor"),
        (CommitsOldTerms, "commitIndex"),
        (NeverTruncates, "log"),
        (CountsHalfAsQuorum, "type"),
        (ForgetsTheClientCache, "clientCache"),
    ],
)
def test_a_broken_handler_is_noticed(broken: type[Handlers], field: str) -> None:
    seen = [mismatch for path in TRACES[::4] if (mismatch := first_mismatch(load(path), broken))]
    assert any(f": {field}: expected " in mismatch for mismatch in seen), seen


def first_mismatch(trace: Trace, handlers: type[Handlers] = Handlers) -> str | None:
    try:
        Replay(trace, handlers).run()
    except Mismatch as mismatch:
        return str(mismatch)
    return None


def another(value: Json) -> Json:
    """Something of the same kind that is not the same."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case None | dict():
            return 7
        case str():
            return value + "?"
        case list():
            return [*value, 7]
    raise TypeError(value)


def change(*path: str | int) -> Callable[[Json], None]:
    """What replaces one value in a step by another one."""

    def apply(step: Json) -> None:
        for key in path[:-1]:
            step = step[key]
        step[path[-1]] = another(step[path[-1]])

    return apply


FIELDS = [
    "currentTerm",
    "votedFor",
    "leaderId",
    "log",
    "commitIndex",
    "lastApplied",
    "nextIndex",
    "matchIndex",
    "shouldSend",
    "votesReceived",
    "type",
    "clientCache",
    "electoralVictories",
]


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        *((change("state", field), field) for field in FIELDS),
        (lambda step: step["state"]["stateMachine"].update(z="1"), "stateMachine"),
        (change("outputs"), "outputs"),
        (change("sent"), "sent"),
        (change("sent", 0, "packet"), "sent"),
        (change("sent", 0, "dst"), "sent"),
        (change("sent", 0, "msg", "term"), "sent"),
        (lambda step: step["event"].update(packet=99), "packet"),
        (change("event", "src"), "src"),
        (change("event", "dst"), "dst"),
        (change("event", "msg", "term"), "msg"),
    ],
)
def test_a_changed_recording_is_noticed(damage: Callable[[Json], None], named: str) -> None:
    """Step 1 of this run is the first delivery: a request for a vote, and its answer."""
    trace = load(TRACES[0])
    damage(trace.steps[1])
    mismatch = first_mismatch(trace)
    assert mismatch is not None
    assert mismatch.startswith(f"n3-00-calm step 1: {named}: expected "), mismatch
    assert ", got " in mismatch
