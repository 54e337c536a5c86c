"""All states of small clusters hold Raft's properties, and the search itself can be trusted."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.verification.model import canonical
from tests.verification.model.__main__ import bounded
from tests.verification.model.choices import choices
from tests.verification.model.scope import Scope
from tests.verification.model.scopes import SCOPES, led
from tests.verification.model.script import Script
from tests.verification.model.search import explore
from tests.verification.model.server import attributes, copied
from tests.verification.model.walks import Walk
from tests.verification.model.world import Left
from tests.verification.mutation.faults.elections import vote_for_shorter_log
from vard_http.raft import Raft
from vard_http.raft.log import Log
from vard_http.raft.progress import Progress
from vard_http.raft.state import State

WALKS = 60
WALKED = [scope for name, scope in SCOPES.items() if name != "learner"]
"""A promoted learner may complete a quorum of those who have an entry already: nobody accepts it
then, and theorems/incremental.py looks only when somebody does."""

LEAST = 3000
"""A search in which little happens shows little."""


@pytest.mark.parametrize("scope", SCOPES.values(), ids=lambda scope: scope.name)
def test_every_state_holds_the_properties(scope: Scope) -> None:
    explored = explore(scope)
    assert explored.violation is None, explored.story
    assert explored.finished
    assert explored.states > LEAST


@pytest.mark.parametrize("scope", WALKED, ids=lambda scope: scope.name)
def test_verdis_theorems_hold_along_random_walks(scope: Scope) -> None:
    walks = [Walk(scope, seed) for seed in range(WALKS)]
    for walk in walks:
        walk.play()
    assert sum(walk.steps for walk in walks) > 8 * WALKS


def small(**bounds: int) -> Scope:
    return Scope("small", "for a test", Left(**bounds), terms=2)


def test_names_make_no_difference_to_what_can_be_reached() -> None:
    """The search with swapped names visits one state for up to six of the search without."""
    some = small(timeouts=1, crashes=1)
    every = replace(some, groups=())
    by_names, without = explore(some), explore(every)
    assert by_names.depth == without.depth
    assert by_names.states < without.states <= 6 * by_names.states


def test_a_counterexample_is_as_short_with_swapped_names_as_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vote_for_shorter_log(monkeypatch)
    some = small(timeouts=2)
    by_names, without = explore(some), explore(replace(some, groups=()))
    assert by_names.violation is not None
    assert without.violation is not None
    assert by_names.violation.name == without.violation.name == "leader_completeness"
    assert by_names.depth == without.depth


def test_a_story_names_each_event_and_ends_with_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vote_for_shorter_log(monkeypatch)
    lines = explore(SCOPES["election"]).story.splitlines()
    assert lines[0] == f"election: {SCOPES['election'].about}"
    assert lines[4].endswith("waits no longer for a leader")
    assert "Candidate, term 1" in lines[5]
    assert lines[-1].strip().startswith("leader_completeness: ")
    events = [line for line in lines if line[:4].strip().isdigit()]
    assert len(events) == explore(SCOPES["election"]).depth


def test_steps_leave_the_server_as_it_was() -> None:
    scope = SCOPES["crash"]
    script = Script(scope)
    led(script)
    plain = (0, 1, 2, 3)
    for choice in choices(script.space, scope, script.world):
        server = script.space.server(script.world, choice.node)
        before = canonical.packed(canonical.server(server, plain))
        script.space.outcome(script.world.servers[choice.node - 1], choice.event)
        assert canonical.packed(canonical.server(server, plain)) == before


def test_a_copy_shares_nothing_that_changes() -> None:
    script = Script(SCOPES["replication"])
    led(script)
    raft = script.space.server(script.world, 1).raft
    twin = copied(raft)
    twin.state.log._entries.clear()
    twin.state.progress[2].inflight.append(7)
    twin.state.progress[2].match_index = 0
    twin.state.reads.round = 9
    assert raft.state.log.last_index == 1
    assert not raft.state.progress[2].inflight
    assert raft.state.progress[2].match_index == 1
    assert raft.state.reads.round == 0


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        (State, 20 + len(canonical.CLOCK | canonical.CONSTANT | canonical.PASSING)),
        (Log, 5),
        (Progress, 12 + 1),
    ],
    ids=["State", "Log", "Progress"],
)
def test_the_form_of_a_server_leaves_out_no_variable(kind: type, seen: int) -> None:
    """A new variable of the core has to be added to the form, or to what it may leave out."""
    script = Script(SCOPES["replication"])
    led(script)
    state = script.space.server(script.world, 1).raft.state
    held: object = {State: state, Log: state.log, Progress: state.progress[2]}[kind]
    assert len(attributes(held)) == seen
    assert set(Raft.__slots__) == {"_handing_out", "state"}


def test_bounds_are_given_by_name() -> None:
    wide = bounded(SCOPES["reads"], ["terms=3", "reads=2"])
    assert (wide.terms, wide.bounds.reads, wide.bounds.timeouts) == (3, 2, 1)
    with pytest.raises(SystemExit, match="no bound leaders"):
        bounded(SCOPES["reads"], ["leaders=2"])
