"""A replayed run as the theorems see it: a View after each step, and the history of its clients."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import cache

from tests.verification.reference import machine, raft
from tests.verification.reference.replay import Replay
from tests.verification.reference.trace import Trace, client_request
from tests.verification.theorems import view
from tests.verification.theorems.ghosts import advance, begin
from tests.verification.theorems.history import Event, History, Invoked, Machine, Responded
from tests.verification.theorems.steps import Transition


def vard_step(data: Hashable, input: Hashable) -> tuple[Hashable, Hashable]:
    return machine.handler(input, data)  # type: ignore[arg-type]


VARD = Machine((), vard_step, lambda input: input[1], ())  # type: ignore[index]
"""vard's state machine; its keys do not interact."""


@cache
def entry(e: raft.Entry) -> view.Entry:
    return view.Entry(e.index, e.term, e.client, e.id, e.input)


def entries(newest_first: tuple[raft.Entry, ...]) -> tuple[view.Entry, ...]:
    return tuple(entry(e) for e in reversed(newest_first))


def server(node: int, state: raft.State, nodes: frozenset[int]) -> view.Server:
    return view.Server(
        node=node,
        term=state.current_term,
        voted_for=state.voted_for,
        role=view.Role(state.type),
        log=view.Log(entries(state.log)),
        commit_index=state.commit_index,
        last_applied=state.last_applied,
        configurations=((0, view.Configuration(nodes)),),
        votes_received=frozenset(state.votes_received),
        leader=state.leader_id,
        state=state.state_machine,
    )


def message(m: raft.Message) -> view.Message:
    match m:
        case raft.RequestVote():
            return view.RequestVote(m.term, m.candidate_id, m.last_log_index, m.last_log_term)
        case raft.RequestVoteReply():
            return view.RequestVoteReply(m.term, m.vote_granted)
        case raft.AppendEntries():
            return view.AppendEntries(
                m.term,
                m.leader_id,
                m.prev_log_index,
                m.prev_log_term,
                entries(m.entries),
                m.leader_commit,
            )
        case raft.AppendEntriesReply():
            return view.AppendEntriesReply(m.term, m.success, raft.max_index(m.entries))


class Observed:
    """One run of the reference, step by step. `view` is the latest View, `sent` what its step put
    into the network, `events` the history."""

    def __init__(self, trace: Trace) -> None:
        self._replay = Replay(trace)
        self._nodes = frozenset(trace.nodes)
        self._servers = [server(n, s, self._nodes) for n, s in enumerate(self._replay.states)]
        self._packets: dict[int, view.Packet] = {}
        self.view = begin(tuple(self._servers))
        self.sent: tuple[view.Packet, ...] = ()
        self.events: list[Event] = []

    def transitions(self) -> Iterator[Transition]:
        """Play the run; raises replay.Mismatch."""
        for step in self._replay.trace.steps:
            event, node = step["event"], step["node"]
            delivered = self._packets.get(event["packet"]) if event["type"] == "deliver" else None
            if event["type"] == "client_request":
                request = client_request(event)
                self.events.append(Invoked(request.client, request.id, request.input))
            outputs = self._replay.step(step)
            for output in outputs:
                if isinstance(output, raft.ClientResponse):
                    self.events.append(Responded(output.client, output.id, output.output))
            if node is not None:
                self._servers[node] = server(node, self._replay.states[node], self._nodes)
            before = self.view
            self.view = advance(before, tuple(self._servers), self._in_flight())
            yield Transition(before, self.view, delivered)

    def _in_flight(self) -> tuple[view.Packet, ...]:
        earlier = self._packets
        self._packets = {
            number: earlier.get(number) or view.Packet(source, target, message(content))
            for number, (source, target, content) in self._replay.network.items()
        }
        self.sent = tuple(p for number, p in self._packets.items() if number not in earlier)
        return tuple(self._packets.values())

    def history(self) -> History:
        """What clients have seen so far, and what was applied."""
        applied = tuple(e for e in self.view.applied if isinstance(e, view.Entry))
        return History(tuple(self.events), applied, VARD)
