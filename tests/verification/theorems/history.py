"""Theorems over what clients saw: a history of events in the order in which they happened."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator

from msgspec import Struct

from tests.verification.linearizability import Operation, check
from tests.verification.theorems.theorem import Complaints, Theorems
from tests.verification.theorems.view import Entry

HISTORY: Theorems[History] = Theorems()

Request = tuple[str, int]
"""CommonDefinitions.v `key`: a client and its number for a request."""


class Invoked(Struct, frozen=True):
    """A client asks; asking again with the same number is the same request."""

    client: str
    id: int
    payload: Hashable


class Responded(Struct, frozen=True):
    """A client is answered."""

    client: str
    id: int
    output: Hashable


class Acknowledged(Struct, frozen=True):
    """Some client learns something of the state after `index` entries, from a write or a read."""

    index: int


class ReadInvoked(Struct, frozen=True):
    """A client asks for a quorum read (thesis 6.4); `read` names it."""

    read: Hashable


class ReadServed(Struct, frozen=True):
    """It is answered from the state after `index` entries."""

    read: Hashable
    index: int


Event = Invoked | Responded | Acknowledged | ReadInvoked | ReadServed


class Machine(Struct, frozen=True):
    """A sequential state machine: `step` gives the output and the next state.

    `key` names the part of the state that an input concerns; different parts do not interact.
    """

    initial: Hashable
    step: Callable[[Hashable, Hashable], tuple[Hashable, Hashable]]
    key: Callable[[Hashable], Hashable]
    initial_of_key: Hashable = None


class History(Struct, frozen=True):
    """The events; the entries that were applied, from index 1 on; and what they are applied to."""

    events: tuple[Event, ...]
    applied: tuple[Entry, ...]
    machine: Machine


def deduplicate_log(entries: Iterable[Entry]) -> Iterator[Entry]:
    """CommonDefinitions.v `deduplicate_log`: without requests that are not newer than the last
    one of the same client."""
    latest: dict[str, int] = {}
    for entry in entries:
        if entry.id > latest.get(entry.client, -1):
            latest[entry.client] = entry.id
            yield entry


def responses(history: History) -> Iterator[Responded]:
    return (event for event in history.events if isinstance(event, Responded))


@HISTORY.define("OutputImpliesApplied", "Raft/OutputImpliesAppliedInterface.v")
def output_implies_applied(history: History) -> Complaints:
    applied = {(entry.client, entry.id) for entry in history.applied}
    for event in responses(history):
        if (event.client, event.id) not in applied:
            yield f"nothing applied stands behind {event}"


@HISTORY.define("OutputCorrect", "Raft/OutputCorrectInterface.v")
def output_correct(history: History) -> Complaints:
    """Each answer is what the applied entries, executed in order, give at that request."""
    state = history.machine.initial
    correct: dict[Request, Hashable] = {}
    for entry in deduplicate_log(history.applied):
        output, state = history.machine.step(state, entry.payload)
        correct[entry.client, entry.id] = output
    for event in responses(history):
        request = event.client, event.id
        if request in correct and correct[request] != event.output:
            yield f"{event} is answered, {correct[request]} is correct"


@HISTORY.define("InputBeforeOutput", "Raft/InputBeforeOutputInterface.v")
def input_before_output(history: History) -> Complaints:
    asked: set[Request] = set()
    for event in history.events:
        if isinstance(event, Invoked):
            asked.add((event.client, event.id))
        elif isinstance(event, Responded) and (event.client, event.id) not in asked:
            yield f"nobody has asked for {event}"


@HISTORY.define("CausalOrderPreserved", "Raft/CausalOrderPreservedInterface.v")
def causal_order_preserved(history: History) -> Complaints:
    """Who is answered before another one asks is applied before it."""
    first: dict[Request, int] = {}
    for position, entry in enumerate(history.applied):
        first.setdefault((entry.client, entry.id), position)
    asked: set[Request] = set()
    answered = -1
    for event in history.events:
        if isinstance(event, Responded):
            answered = max(answered, first.get((event.client, event.id), -1))
        elif isinstance(event, Invoked) and (event.client, event.id) not in asked:
            asked.add((event.client, event.id))
            if first.get((event.client, event.id), answered) < answered:
                yield f"{event} is applied before a request that was answered before it"


@HISTORY.define("EndToEndLinearizability", "RaftProofs/EndToEndLinearizability.v")
def end_to_end_linearizability(history: History) -> Complaints:
    """`raft_linearizable`: there is an order of all requests that respects real time and in which
    a single state machine gives each answer. Found from the events alone."""
    machine = history.machine

    def step(state: Hashable, input: Hashable, output: Hashable) -> tuple[bool, Hashable]:
        correct, after = machine.step(state, input)
        return output in (None, correct), after

    counterexample = check(operations(history), machine.initial_of_key, step)
    if counterexample is not None:
        yield f"{counterexample}"


def operations(history: History) -> list[Operation[Hashable, Hashable]]:
    """RaftLinearizableProofs.v `import`: from the first time a request is made to the first time it
    is answered, in positions of the history."""
    asked: dict[Request, tuple[int, Hashable]] = {}
    answered: dict[Request, tuple[int, Hashable]] = {}
    for time, event in enumerate(history.events):
        match event:
            case Invoked(client, id, payload):
                asked.setdefault((client, id), (time, payload))
            case Responded(client, id, output):
                answered.setdefault((client, id), (time, output))
    return [
        Operation(history.machine.key(payload), time, *answered_at(answered, request, payload))
        for request, (time, payload) in asked.items()
    ]


def answered_at(
    answered: dict[Request, tuple[int, Hashable]], request: Request, payload: Hashable
) -> tuple[int | None, Hashable, Hashable]:
    time, output = answered.get(request, (None, None))
    return time, payload, output


@HISTORY.define("NoStaleQuorumRead", "thesis 6.4")
def no_stale_quorum_read(history: History) -> Complaints:
    """A quorum read sees all that anybody had learnt of when it was asked for."""
    return stale_quorum_reads(history.events)


def stale_quorum_reads(events: Iterable[Event]) -> Complaints:
    known = 0
    asked: dict[Hashable, int] = {}
    for event in events:
        match event:
            case Acknowledged(index):
                known = max(known, index)
            case ReadInvoked(read):
                asked.setdefault(read, known)
            case ReadServed(read, index):
                if index < asked.get(read, 0):
                    yield f"{read} is served at {index}, but {asked[read]} was known before"
                known = max(known, index)
