"""One seed is one run, in every process; a failing one becomes a short story."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.simulation.__main__ import seed_range
from tests.simulation.run import SimulationFailed, play
from tests.simulation.schedule import Action, Schedule, bits
from tests.simulation.shrink import reduced, shrink
from vard_http.node import Node
from vard_http.node.reads import ReadDone
from vard_http.raft import core
from vard_http.raft.configuration import quorum_value
from vard_http.raft.state import State

TELL = "from tests.simulation.run import play; print(play('{}', 7, {}, whole=True).story)"


@pytest.mark.parametrize(("profile", "steps"), [("chaos", 300), ("nodes-chaos", 600)])
def test_one_seed_is_one_run_in_every_process(profile: str, steps: int) -> None:
    here = play(profile, 7, steps, whole=True).story
    assert len(here.splitlines()) > 50
    for hash_seed in ("1", "2"):
        command = [sys.executable, "-c", TELL.format(profile, steps)]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        there = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert there.stdout == here + "\n"


def commit_by_counting(patch: pytest.MonkeyPatch) -> None:
    """A leader commits entries of earlier terms by counting copies (thesis figure 3.7)."""

    def advance_commit_index(state: State) -> None:
        matched = {node: p.match_index for node, p in state.progress.items()}
        matched[state.me] = state.log.durable_index
        index = quorum_value(state.configuration, matched)
        state.commit_index = max(state.commit_index, index)

    patch.setattr(core, "advance_commit_index", advance_commit_index)


def first_failure(profile: str, steps: int) -> tuple[int, SimulationFailed]:
    for seed in range(100):
        try:
            play(profile, seed, steps)
        except SimulationFailed as failure:
            return seed, failure
    raise AssertionError("not caught")


def test_a_failing_run_of_cores_becomes_a_short_story(monkeypatch: pytest.MonkeyPatch) -> None:
    commit_by_counting(monkeypatch)
    seed, failure = first_failure("crashy", 600)
    assert failure.name == "commits_own_term_only"
    found = shrink("crashy", seed, 600)
    assert found is not None
    actions, story = found
    # Figure 3.7 needs a write, and two crashes or what comes to the same.
    assert 2 <= len(actions) <= 20
    assert story.name == failure.name
    assert "crash" in str(story)
    assert len(str(story).splitlines()) < 120
    again = shrink("crashy", seed, 600)
    assert again is not None
    assert (again[0], str(again[1])) == (actions, str(story))


def test_a_failing_run_of_nodes_becomes_a_short_story(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(node: Node, done: ReadDone) -> None:
        asyncio.get_running_loop().call_soon(done, None)

    monkeypatch.setattr(Node, "read", read)
    seed, failure = first_failure("nodes-network", 400)
    found = shrink("nodes-network", seed, 400)
    assert found is not None
    actions, story = found
    assert story.name == failure.name == "linearizable"
    assert {kind for kind, *_ in actions} >= {"client"}
    assert len(actions) <= 20


def test_a_failure_says_what_was_found_and_how_to_see_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commit_by_counting(monkeypatch)
    seed, failure = first_failure("crashy", 600)
    *_, found, command = str(failure).splitlines()
    assert found == failure.found
    assert re.fullmatch(
        rf"to see it again: python -m tests\.simulation --profile crashy --seeds {seed}"
        " --steps 600",
        command,
    )


def test_reducing_leaves_what_is_needed() -> None:
    actions: list[Action] = [("client", number) for number in range(50)]
    needed = {("client", 7), ("client", 8), ("client", 40)}

    def fails(left: Sequence[Action]) -> Sequence[Action] | None:
        return left if needed <= set(left) else None

    assert set(reduced(actions, fails, attempts=200)) == needed


def test_reducing_stops_after_so_many_attempts() -> None:
    attempts: list[int] = []

    def fails(left: Sequence[Action]) -> Sequence[Action] | None:
        attempts.append(len(left))
        return None

    actions: list[Action] = [("client", number) for number in range(50)]
    assert reduced(actions, fails, attempts=20) == actions
    assert len(attempts) == 20


def test_leaving_an_action_out_does_not_change_the_others() -> None:
    everything, most = Schedule(), Schedule(frozenset({("client", 1), ("lost", 1, 2, 3)}))
    assert all(everything.permits(("client", number)) for number in range(3))
    assert [most.permits(("client", number)) for number in range(3)] == [False, True, False]
    assert most.taken == [("client", 1)]
    assert bits(1, 2, 3) == bits(1, 2, 3) != bits(1, 2, 4)


@pytest.mark.parametrize(
    ("text", "seeds"), [("5", range(5, 6)), ("5:8", range(5, 8)), ("0:0", range(0))]
)
def test_seed_range(text: str, seeds: range) -> None:
    assert seed_range(text) == seeds
