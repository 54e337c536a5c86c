"""Verdi's theorems hold in every recorded run, and each of them can fail."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.verification.cluster import (
    CHANGES,
    E1,
    E2,
    E3,
    E4,
    FIRST,
    GHOSTS,
    SOUND,
    entry,
    ghost,
    packet,
    server,
)
from tests.verification.reference.trace import TRACES, load
from tests.verification.reference.views import VARD, Observed
from tests.verification.theorems.commitment import directly_committed
from tests.verification.theorems.history import (
    HISTORY,
    Acknowledged,
    Event,
    History,
    Invoked,
    ReadInvoked,
    ReadServed,
    Responded,
)
from tests.verification.theorems.incremental import Checker
from tests.verification.theorems.state import STATE
from tests.verification.theorems.steps import STEPS, Transition
from tests.verification.theorems.view import (
    AppendEntries,
    AppendEntriesReply,
    Configuration,
    Durable,
    Entry,
    InstallSnapshot,
    Log,
    Packet,
    RequestVote,
    RequestVoteReply,
    Role,
    Snapshot,
    View,
)

EVERY = 6
"""The definitions over a View are checked after every sixth step; all else after every one."""


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.name.removesuffix(".jsonl.gz"))
def test_theorems_hold_in_a_recorded_run(path: Path) -> None:
    run, checker = Observed(load(path)), Checker()
    checker.observe(run.view.servers)
    for number, step in enumerate(run.transitions()):
        checker.observe((server for _, server in step.changed()), run.sent, step.delivered)
        STEPS.require(step)
        if number % EVERY == 0:
            STATE.require(step.after)
    STATE.require(run.view)
    HISTORY.require(run.history())


def test_the_recorded_runs_put_the_theorems_to_the_test() -> None:
    """Theorems hold of clusters that do nothing; these elect, commit, overwrite and answer."""
    elections = later_leaders = applied = answers = 0
    for path in TRACES:
        run = Observed(load(path))
        for _ in run.transitions():
            pass
        committed = directly_committed(run.view)
        began = [term for ghost in run.view.ghosts for term, _ in ghost.leader_logs]
        elections += len(began)
        later_leaders += sum(entry.term < term for entry in committed for term in began)
        applied += len(run.view.applied)
        answers += sum(isinstance(event, Responded) for event in run.events)
    assert elections > 150
    assert later_leaders > 200
    assert applied > 400
    assert answers > 400


def test_the_sound_cluster_is_sound() -> None:
    STATE.require(SOUND)
    STEPS.require(Transition(SOUND, SOUND))
    HISTORY.require(GOOD_HISTORY)


Damage = tuple[str, View]

X3, Y3 = entry(3, 2, "x"), entry(3, 2, "y")


def brings_x3(prev_term: int) -> AppendEntries:
    return AppendEntries(2, 1, 2, prev_term, (X3,), 0)


ALONE = Configuration(frozenset({3}))

DAMAGED_VIEWS: list[Damage] = [
    (
        "OneLeaderPerTerm",
        ghost(
            3,
            server(3, role=Role.LEADER, log=Log((E1, E2, E3, E4)), votes_received=frozenset({3})),
            victories=((3, frozenset({3}), ALONE),),
        ),
    ),
    ("OneLeaderLogPerTerm", ghost(3, leader_logs=((1, Log()),))),
    ("VotesCorrect", ghost(2, votes=GHOSTS[1].votes | {(1, 2)})),
    ("VotesCorrect", server(3, voted_for=None)),
    ("CroniesCorrect", packet(4, 2, RequestVoteReply(3, True))),
    ("CroniesCorrect", server(2, votes_received=frozenset({2}))),
    ("CroniesCorrect", server(1, votes_received=frozenset({1, 3}))),
    ("CroniesCorrect", ghost(1, cronies=frozenset({(1, 1), (1, 3)}))),
    ("CandidatesVoteForSelves", server(1, voted_for=None, durable=Durable(4, 1, 2))),
    ("LogMatching", server(4, server(1, log=Log((E1, E2, X3))), log=Log((E1, E2, Y3)))),
    ("LogMatching", server(1, log=Log((E1, E2, entry(4, 2))))),
    ("LogMatching", packet(1, 4, brings_x3(2), packet(1, 4, brings_x3(1)))),
    ("LeaderSublog", server(4, log=Log((E1, entry(2, 3))))),
    ("LeaderSublog", packet(2, 4, AppendEntries(3, 2, 4, 3, (entry(5, 3),), 3))),
    ("Sorted", server(4, log=Log((E1, entry(2, 0))))),
    ("UniqueIndices Sorted", packet(2, 4, AppendEntries(3, 2, 3, 3, (E4, E4), 3))),
    ("TermSanity", server(4, log=Log((E1, entry(2, 9))))),
    ("TermSanity", packet(1, 4, AppendEntries(2, 1, 4, 3, (entry(5, 9),), 3))),
    ("LeaderLogsContiguous", ghost(1, leader_logs=((1, Log((E2,))),))),
    ("AppendEntriesReplySublog", packet(1, 2, AppendEntriesReply(3, True, 9))),
    ("LeaderCompleteness", ghost(2, leader_logs=((3, Log((E1,))),))),
    ("LeaderCompleteness", ghost(1, all_entries=frozenset({(1, E2)}), leader_logs=((4, Log()),))),
    ("CommitRecordedCommitted", server(2, commit_index=4)),
    ("CommitRecordedCommitted", ghost(3, all_entries=frozenset())),
    ("StateMachineSafety", replace(SOUND, applied=(entry(1, 1, "x"), E2, E3))),
    ("StateMachineSafety", packet(1, 3, AppendEntries(4, 1, 1, 1, (entry(2, 4),), 0))),
    ("StateMachineSafety", packet(1, 3, AppendEntries(4, 1, 2, 4, (), 0))),
    ("LastAppliedLeCommitIndex", server(1, commit_index=1)),
    ("LastAppliedLeCommitIndex", server(4, commit_index=2)),
    ("StateMachineCorrect", server(1, state="another")),
    ("SnapshotIsAppliedPrefix", server(2, snapshot=Snapshot(2, 1, "another"))),
    ("SnapshotIsAppliedPrefix", server(2, snapshot=Snapshot(2, 3, "s2"))),
    ("SnapshotIsAppliedPrefix", server(3, snapshot=Snapshot(3, 3, "s3"))),
    ("SnapshotIsAppliedPrefix", packet(2, 4, InstallSnapshot(3, 2, 4, 3))),
    ("AdjacentQuorumsIntersect", server(3, configurations=((0, FIRST), (1, ALONE)))),
    ("AdjacentQuorumsIntersect", server(3, configurations=(*CHANGES, (4, FIRST), (5, FIRST)))),
    ("LearnersNeverVote", server(4, role=Role.PRE_CANDIDATE)),
    (
        "LearnersNeverVote",
        ghost(2, victories=((3, frozenset({2, 3, 4}), GHOSTS[1].victories[0][2]),)),
    ),
    ("SpokenIsDurable", server(3, durable=Durable(3, 2, 2))),
    ("SpokenIsDurable", packet(4, 2, AppendEntriesReply(4, False, 0))),
    ("SpokenIsDurable", packet(3, 4, RequestVote(3, 3, 3, 3))),
]


def is_damaged_at(number: int, names: str) -> str:
    return f"{names.split()[0]}-{number}"


@pytest.mark.parametrize(
    ("names", "view"),
    DAMAGED_VIEWS,
    ids=[is_damaged_at(n, names) for n, (names, _) in enumerate(DAMAGED_VIEWS)],
)
def test_a_damaged_view_breaks_one_theorem(names: str, view: View) -> None:
    """One, unless another is part of it: an index that is there twice is also out of order."""
    assert set(STATE.violated(view)) == set(names.split())


PRE_VOTE = Packet(3, 4, RequestVote(4, 3, 3, 3, pre_vote=True))

DAMAGED_STEPS = [
    ("TermsNeverGoBack", server(3, term=2, voted_for=None), None),
    ("TermsNeverGoBack", server(3, term=2, voted_for=None, incarnation=1), None),
    ("VotesAreKept", server(3, voted_for=3), None),
    ("VotesAreKept", server(3, voted_for=None, incarnation=1), None),
    ("LeaderAppendOnly", server(2, log=Log((E2, E3), 1, 1)), None),
    ("CommitIndexMonotonic", server(1, commit_index=1), None),
    ("CommitIndexMonotonic", server(1, log=Log((E1, entry(2, 2))), last_applied=2), None),
    ("AppliedEntriesMonotonic", server(1, last_applied=1), None),
    ("PreVoteChangesNothing", server(3, term=4, role=Role.PRE_CANDIDATE), None),
    ("PreVoteChangesNothing", server(4, term=4), PRE_VOTE),
    ("PreVoteChangesNothing", server(4, voted_for=3), PRE_VOTE),
]


@pytest.mark.parametrize(
    ("name", "after", "delivered"),
    DAMAGED_STEPS,
    ids=[is_damaged_at(n, name) for n, (name, _, _) in enumerate(DAMAGED_STEPS)],
)
def test_a_damaged_step_breaks_one_theorem(
    name: str, after: View, delivered: Packet | None
) -> None:
    assert STEPS.violated(Transition(SOUND, after, delivered)) == [name]


def test_applied_entries_stay_those_of_the_most_advanced() -> None:
    """Another server takes the lead with other entries; its own log never went back."""
    other = server(3, log=Log((E1, entry(2, 2), E3, E4)), last_applied=4, commit_index=4)
    assert "AppliedEntriesMonotonic" in STEPS.violated(Transition(SOUND, other))


def test_a_crash_undoes_what_is_not_durable() -> None:
    unwritten = server(3, durable=Durable(2, None, 2))
    back = server(3, term=2, voted_for=None, log=Log((E1, E2)), incarnation=1, last_applied=0)
    assert STEPS.violated(Transition(unwritten, back)) == []


def asked(client: str, id: int, *payload: str) -> Invoked:
    return Invoked(client, id, payload)


def told(client: str, id: int, key: str, after: str | None, before: str | None) -> Responded:
    return Responded(client, id, (key, after, before))


PUT: list[Event] = [asked("c", 1, "PUT", "a", "v"), told("c", 1, "a", "v", None)]
PUT_B: list[Event] = [asked("d", 1, "PUT", "b", "w"), told("d", 1, "b", "w", None)]
GET: list[Event] = [asked("c", 2, "GET", "a"), told("c", 2, "a", "v", "v")]
READ: list[Event] = [Acknowledged(2), ReadInvoked("r"), ReadServed("r", 2)]
PENDING: list[Event] = [asked("e", 1, "DEL", "a")]
EVENTS: list[Event] = [*PUT, *PUT_B, *GET, *READ, *PENDING]
APPLIED = [
    Entry(1, 1, "c", 1, ("PUT", "a", "v")),
    Entry(2, 1, "d", 1, ("PUT", "b", "w")),
    Entry(3, 1, "c", 2, ("GET", "a")),
    Entry(4, 1, "c", 1, ("PUT", "a", "v")),
]


def history(events: Iterable[Event] = EVENTS, applied: Iterable[Entry] = APPLIED) -> History:
    return History(tuple(events), tuple(applied), VARD)


GOOD_HISTORY = history()

DAMAGED_HISTORIES = [
    ("OutputImpliesApplied", history(applied=APPLIED[:2])),
    ("OutputImpliesApplied", history([*EVENTS, told("e", 1, "a", None, "v")])),
    ("OutputCorrect", history(applied=[replace(APPLIED[0], payload=("PUT", "a", "x")), *APPLIED])),
    (
        "EndToEndLinearizability OutputCorrect",
        history([*PUT, *PUT_B, GET[0], told("c", 2, "a", "v", None)]),
    ),
    ("InputBeforeOutput", history([*PUT, PUT_B[1], *GET])),
    ("CausalOrderPreserved", history(applied=[APPLIED[1], APPLIED[0], APPLIED[2]])),
    (
        "CausalOrderPreserved EndToEndLinearizability",
        history([*PUT, GET[0], told("c", 2, "a", None, None)], [APPLIED[2], APPLIED[0]]),
    ),
    ("NoStaleQuorumRead", history([Acknowledged(2), ReadInvoked("r"), ReadServed("r", 1)])),
    (
        "NoStaleQuorumRead",
        history(
            [
                ReadInvoked("r"),
                ReadServed("r", 3),
                ReadInvoked("s"),
                ReadServed("s", 2),
            ]
        ),
    ),
]


@pytest.mark.parametrize(
    ("names", "damaged"),
    DAMAGED_HISTORIES,
    ids=[is_damaged_at(n, names) for n, (names, _) in enumerate(DAMAGED_HISTORIES)],
)
def test_a_damaged_history_breaks_one_theorem(names: str, damaged: History) -> None:
    assert set(HISTORY.violated(damaged)) == set(names.split())


def test_every_theorem_is_shown_to_fail() -> None:
    damages = [*DAMAGED_VIEWS, *((name, None) for name, _, _ in DAMAGED_STEPS), *DAMAGED_HISTORIES]
    theorems = [theorem.name for all_of in (STATE, STEPS, HISTORY) for theorem in all_of.all]
    assert {names.split()[0] for names, _ in damages} == set(theorems)
    assert len(theorems) == len(set(theorems))


def test_the_table_says_where_each_theorem_is_stated() -> None:
    page = (Path(__file__).parents[2] / "docs" / "verification.md").read_text()
    rows = {(name, place.strip("`")) for name, place in re.findall(r"\| (\w+) \| (.+?) \|", page)}
    stated = {(t.name, t.stated_in) for all_of in (STATE, STEPS, HISTORY) for t in all_of.all}
    assert stated <= rows
