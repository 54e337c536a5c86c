"""The checker that remembers finds what the definitions find."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.verification.reference.trace import TRACES, load
from tests.verification.reference.views import Observed
from tests.verification.theorems.ghosts import advance, begin
from tests.verification.theorems.incremental import Checker
from tests.verification.theorems.state import STATE
from tests.verification.theorems.steps import STEPS, Transition
from tests.verification.theorems.theorem import Violation
from tests.verification.theorems.view import (
    AnyEntry,
    AppendEntries,
    AppendEntriesReply,
    Configuration,
    Durable,
    Entry,
    InstallSnapshot,
    Log,
    Message,
    Packet,
    RequestVote,
    RequestVoteReply,
    Role,
    Server,
    Snapshot,
    View,
)

SOME = TRACES[::5]
"""Of each profile, and of both sizes."""

OF_LOGS = {"LogMatching", "Sorted", "UniqueIndices", "LeaderLogsContiguous"}
"""Where these do not hold, what precedes an entry is not defined, nor what commits it."""


@cache
def recorded(number: int) -> tuple[tuple[View, ...], tuple[tuple[Packet, ...], ...]]:
    """Each View of a run, from the first on, and what was sent before each."""
    run = Observed(load(SOME[number]))
    views, sent = [run.view], [run.sent]
    for step in run.transitions():
        views.append(step.after)
        sent.append(run.sent)
    return tuple(views), tuple(sent)


numbers = st.integers(0, 3)
small_sets = st.frozensets(st.integers(0, 4), max_size=4)


@st.composite
def changed_logs(draw: st.DrawFn, log: Log) -> Log:
    entries: list[AnyEntry] = list(log.entries)
    position = draw(st.integers(0, max(0, len(entries) - 1)))
    what = draw(st.sampled_from(["append", "cut", "other", "retermed", "drop", "twice", "compact"]))
    if what == "append" or not entries:
        term = max(0, log.last_term + draw(st.integers(-1, 2)))
        entries.append(Entry(log.last_index + 1, term, "z", 1, draw(st.booleans())))
    elif what == "compact":
        boundary = entries[position]
        return Log(tuple(entries[position + 1 :]), boundary.index, boundary.term)
    elif what == "cut":
        del entries[position:]
    elif what == "drop":
        del entries[position]
    elif what == "twice":
        entries.insert(position, entries[position])
    else:
        old = entries[position]
        term = old.term + (draw(st.integers(-1, 1)) if what == "retermed" else 0)
        entries[position] = Entry(old.index, term, "z", 2, draw(st.booleans()))
    return replace(log, entries=tuple(entries))


@st.composite
def changed_servers(draw: st.DrawFn, server: Server) -> Server:
    """One field of it is different."""
    some = draw(st.integers(-2, 2))
    term = max(0, server.term + some)
    configuration = Configuration(draw(small_sets) | {server.node}, draw(small_sets))
    changed = (server.log.last_index + 1, configuration)
    changes: dict[str, object] = draw(
        st.sampled_from(
            [
                {"term": term},
                {"term": term, "voted_for": draw(numbers)},
                {"voted_for": draw(st.none() | numbers)},
                {"role": draw(st.sampled_from(Role))},
                {"log": draw(changed_logs(server.log))},
                {"commit_index": max(0, server.commit_index + some)},
                {"last_applied": max(0, server.last_applied + some)},
                {"votes_received": draw(st.none() | small_sets)},
                {"state": "another"},
                {"snapshot": Snapshot(draw(numbers), draw(numbers), "another")},
                {"configurations": (*server.configurations, changed)},
                {"durable": Durable(term, draw(st.none() | numbers), server.log.last_index)},
            ]
        )
    )
    return replace(server, **changes)


@st.composite
def packets(draw: st.DrawFn, servers: tuple[Server, ...]) -> Packet:
    """Something that one of them might say."""
    source, target = (draw(st.sampled_from(servers)) for _ in range(2))
    log = draw(st.just(source.log) | changed_logs(source.log))
    start = draw(st.integers(log.start_index, max(log.start_index, log.last_index)))
    sent = tuple(entry for entry in log.entries if entry.index > start)
    term = draw(st.sampled_from([source.term, target.term]))
    messages: list[Message] = [
        RequestVote(term, source.node, log.last_index, log.last_term, draw(st.booleans())),
        RequestVoteReply(term, draw(st.booleans()), draw(st.booleans())),
        AppendEntries(term, source.node, start, log.term_at(start) or 0, sent, draw(numbers)),
        AppendEntriesReply(term, draw(st.booleans()), log.last_index),
        InstallSnapshot(term, source.node, start, log.term_at(start) or 0),
    ]
    return Packet(source.node, target.node, draw(st.sampled_from(messages)))


@st.composite
def moments(draw: st.DrawFn) -> tuple[int, int]:
    number = draw(st.integers(0, len(SOME) - 1))
    return number, draw(st.integers(0, len(recorded(number)[0]) - 1))


@given(moments(), st.data())
@settings(max_examples=300, deadline=None, derandomize=True)
def test_on_one_view_it_agrees_with_the_definitions(
    moment: tuple[int, int], data: st.DataObject
) -> None:
    number, step = moment
    view = recorded(number)[0][step]
    servers = list(view.servers)
    for _ in range(data.draw(st.integers(0, 2))):
        position = data.draw(st.integers(0, len(servers) - 1))
        servers[position] = data.draw(changed_servers(servers[position]))
    sent = data.draw(st.lists(packets(tuple(servers)), max_size=2))
    expected = set(STATE.violated(advance(begin(()), tuple(servers), tuple(sent))))
    found = {name for name, _ in Checker().complaints(servers, sent)}
    if OF_LOGS & expected:
        assert OF_LOGS & found
    else:
        assert found == expected


@given(moments(), st.data())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_in_a_run_it_finds_all_that_the_definitions_find(
    moment: tuple[int, int], data: st.DataObject
) -> None:
    """And more: it also remembers what is gone. What was sound it has not complained about."""
    number, last = moment
    views, sent = recorded(number)
    checker = Checker()
    checker.observe(views[0].servers)
    for step in range(1, last + 1):
        pairs = zip(views[step - 1].servers, views[step].servers, strict=True)
        checker.observe((after for before, after in pairs if before is not after), sent[step])
    view = views[last]
    server = data.draw(st.sampled_from(view.servers))
    damaged = data.draw(changed_servers(server))
    servers = tuple(damaged if s is server else s for s in view.servers)
    after = advance(view, servers, view.in_flight)
    expected = set(STEPS.violated(Transition(view, after))) | set(
        # Of what was sent before, the checker has made sure when it was sent.
        STATE.violated(replace(after, in_flight=()))
    )
    found = {name for name, _ in checker.complaints([damaged])}
    assert expected <= found or OF_LOGS & found


@pytest.mark.parametrize(("durable", "noticed"), [(1, False), (2, True)])
def test_what_a_crash_undoes_is_not_remembered(durable: int, noticed: bool) -> None:
    """A lone leader may lose what it told nobody, and then put something else in its place."""
    first, lost, other = (Entry(i, 1, "c", 1, what) for i, what in ((1, ""), (2, "x"), (2, "y")))
    server = recorded(0)[0][0].servers[0]
    had = replace(server, term=1, log=Log((first, lost)), durable=Durable(1, None, durable))
    has = replace(server, term=1, log=Log((first, other)), incarnation=1)
    checker = Checker()
    checker.observe([had])
    assert ("LogMatching" in {name for name, _ in checker.complaints([has])}) is noticed


def test_it_raises_the_violation_with_its_name() -> None:
    server = recorded(0)[0][0].servers[0]
    checker = Checker()
    checker.observe([server])
    with pytest.raises(Violation, match=r"^CandidatesVoteForSelves: candidate 0 voted for None"):
        checker.observe([replace(server, role=Role.CANDIDATE)])
