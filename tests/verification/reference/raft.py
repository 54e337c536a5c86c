"""Verdi Raft's handlers, literally (uwplse/verdi-raft, theories/Raft/Raft.v, commit a3375e8).

Each function is the definition of the same name there, in Python's spelling: `handleAppendEntries`
is `handle_append_entries`. As there, everything is a pure function from one state to the next, and
logs and lists have their newest element first. Nothing here is optimised, shared with production
code or better than the original: it is what the original says, to be held against its recordings.
"""

from __future__ import annotations

from functools import reduce
from typing import Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from tests.verification.reference.machine import Data, Input, Output, handler

Type = Literal["Follower", "Candidate", "Leader"]
K = TypeVar("K")
V = TypeVar("V")
Assoc = tuple[tuple[K, V], ...]
"""An association list: an update replaces a pair in place, a new key goes to the end."""


class Entry(Struct, frozen=True):
    """Raft.v `entry`."""

    at: int
    client: str
    id: int
    index: int
    term: int
    input: Input


class RequestVote(Struct, frozen=True):
    term: int
    candidate_id: int
    last_log_index: int
    last_log_term: int


class RequestVoteReply(Struct, frozen=True):
    term: int
    vote_granted: bool


class AppendEntries(Struct, frozen=True):
    term: int
    leader_id: int
    prev_log_index: int
    prev_log_term: int
    entries: tuple[Entry, ...]
    leader_commit: int


class AppendEntriesReply(Struct, frozen=True):
    term: int
    entries: tuple[Entry, ...]
    success: bool


Message = RequestVote | RequestVoteReply | AppendEntries | AppendEntriesReply
Sent = tuple[tuple[int, Message], ...]
"""Messages with whom they are for, in the order they are sent."""


class Timeout(Struct, frozen=True):
    """Raft.v `Timeout`."""


class ClientRequest(Struct, frozen=True):
    """Raft.v `ClientRequest`."""

    client: str
    id: int
    input: Input


class NotLeader(Struct, frozen=True):
    client: str
    id: int


class ClientResponse(Struct, frozen=True):
    client: str
    id: int
    output: Output


Outputs = tuple[NotLeader | ClientResponse, ...]


class State(Struct, frozen=True):
    """Raft.v `raft_data`; as it stands here it is `init_handlers`.

    `electoral_victories` holds (term, voters, log), newest first.
    """

    current_term: int = 0
    voted_for: int | None = None
    leader_id: int | None = None
    log: tuple[Entry, ...] = ()
    commit_index: int = 0
    last_applied: int = 0
    state_machine: Data = ()
    next_index: Assoc[int, int] = ()
    match_index: Assoc[int, int] = ()
    should_send: bool = False
    votes_received: tuple[int, ...] = ()
    type: Type = "Follower"
    client_cache: Assoc[str, tuple[int, Output]] = ()
    electoral_victories: tuple[tuple[int, tuple[int, ...], tuple[Entry, ...]], ...] = ()


Step = tuple[Outputs, State, Sent]


def assoc_set(pairs: Assoc[K, V], key: K, value: V) -> Assoc[K, V]:
    if any(k == key for k, _ in pairs):
        return tuple((k, value if k == key else v) for k, v in pairs)
    return (*pairs, (key, value))


def assoc_default(pairs: Assoc[K, V], key: K, default: V) -> V:
    return dict(pairs).get(key, default)


def find_at_index(entries: tuple[Entry, ...], index: int) -> Entry | None:
    return next((e for e in find_ge_index(entries, index) if e.index == index), None)


def find_ge_index(entries: tuple[Entry, ...], index: int) -> tuple[Entry, ...]:
    return find_gt_index(entries, index - 1)


def find_gt_index(entries: tuple[Entry, ...], index: int) -> tuple[Entry, ...]:
    for position, entry in enumerate(entries):
        if entry.index <= index:
            return entries[:position]
    return entries


def remove_after_index(entries: tuple[Entry, ...], index: int) -> tuple[Entry, ...]:
    for position, entry in enumerate(entries):
        if entry.index <= index:
            return entries[position:]
    return ()


def max_index(entries: tuple[Entry, ...]) -> int:
    return entries[0].index if entries else 0


def max_term(entries: tuple[Entry, ...]) -> int:
    return entries[0].term if entries else 0


class Handlers:
    """The handlers of one node, `me`, of a cluster of `nodes`."""

    def __init__(self, me: int, nodes: tuple[int, ...]) -> None:
        self.me = me
        self.nodes = nodes

    def advance_current_term(self, state: State, new_term: int) -> State:
        if new_term > state.current_term:
            return replace(
                state, current_term=new_term, voted_for=None, type="Follower", leader_id=None
            )
        return state

    def get_next_index(self, state: State, node: int) -> int:
        return assoc_default(state.next_index, node, max_index(state.log))

    def try_to_become_leader(self, state: State) -> Step:
        term = state.current_term + 1
        request = RequestVote(term, self.me, max_index(state.log), max_term(state.log))
        state = replace(
            state,
            type="Candidate",
            voted_for=self.me,
            votes_received=(self.me,),
            current_term=term,
        )
        return (), state, tuple((node, request) for node in self.nodes if node != self.me)

    def have_new_entries(self, state: State, entries: tuple[Entry, ...]) -> bool:
        if not entries:
            return False
        entry = find_at_index(state.log, max_index(entries))
        return entry is None or max_term(entries) != entry.term

    def handle_append_entries(self, state: State, m: AppendEntries) -> tuple[State, Message]:
        refusal = AppendEntriesReply(state.current_term, m.entries, False)
        if state.current_term > m.term:
            return state, refusal
        if m.prev_log_index == 0:
            log = m.entries
        else:
            entry = find_at_index(state.log, m.prev_log_index)
            if entry is None or m.prev_log_term != entry.term:
                return state, refusal
            log = m.entries + remove_after_index(state.log, m.prev_log_index)
        new = self.have_new_entries(state, m.entries)
        state = self.advance_current_term(state, m.term)
        if new:
            commit_index = max(state.commit_index, min(m.leader_commit, max_index(log)))
            state = replace(state, log=log, commit_index=commit_index)
        state = replace(state, type="Follower", leader_id=m.leader_id)
        return state, AppendEntriesReply(m.term, m.entries, True)

    def handle_append_entries_reply(
        self, state: State, source: int, m: AppendEntriesReply
    ) -> tuple[State, Sent]:
        if state.current_term == m.term:
            next_index = self.get_next_index(state, source)
            if m.success:
                index = max_index(m.entries)
                match_index = max(assoc_default(state.match_index, source, 0), index)
                state = replace(
                    state,
                    match_index=assoc_set(state.match_index, source, match_index),
                    next_index=assoc_set(state.next_index, source, max(next_index, index + 1)),
                )
            else:
                less = max(0, next_index - 1)
                state = replace(state, next_index=assoc_set(state.next_index, source, less))
            return state, ()
        return self.advance_current_term(state, m.term), ()

    def more_up_to_date(self, term: int, index: int, other_term: int, other_index: int) -> bool:
        return term > other_term or (term == other_term and index >= other_index)

    def handle_request_vote(
        self, state: State, candidate_id: int, m: RequestVote
    ) -> tuple[State, Message]:
        if state.current_term > m.term:
            return state, RequestVoteReply(state.current_term, False)
        state = self.advance_current_term(state, m.term)
        if state.leader_id is None and self.more_up_to_date(
            m.last_log_term, m.last_log_index, max_term(state.log), max_index(state.log)
        ):
            if state.voted_for is None:
                state = replace(state, voted_for=candidate_id)
                return state, RequestVoteReply(state.current_term, True)
            return state, RequestVoteReply(state.current_term, candidate_id == state.voted_for)
        return state, RequestVoteReply(state.current_term, False)

    def won_election(self, votes: set[int]) -> bool:
        return len(self.nodes) // 2 + 1 <= len(votes)

    def handle_request_vote_reply(self, state: State, source: int, m: RequestVoteReply) -> State:
        if m.term > state.current_term:
            return replace(self.advance_current_term(state, m.term), type="Follower")
        if m.term < state.current_term or state.type != "Candidate":
            return state
        votes = (source, *state.votes_received)
        won = m.vote_granted and self.won_election(set(votes))
        victory = ((state.current_term, votes, state.log),) if won else ()
        return replace(
            state,
            votes_received=votes if m.vote_granted else state.votes_received,
            type="Leader" if won else state.type,
            match_index=((self.me, max_index(state.log)),),
            next_index=(),
            electoral_victories=victory + state.electoral_victories,
        )

    def handle_message(self, source: int, m: Message, state: State) -> tuple[State, Sent]:
        reply: Message
        match m:
            case AppendEntries():
                state, reply = self.handle_append_entries(state, m)
                return state, ((source, reply),)
            case AppendEntriesReply():
                return self.handle_append_entries_reply(state, source, m)
            case RequestVote():
                state, reply = self.handle_request_vote(state, source, m)
                return state, ((source, reply),)
            case RequestVoteReply():
                return self.handle_request_vote_reply(state, source, m), ()

    def apply_entry(self, state: State, e: Entry) -> tuple[tuple[Output, ...], State]:
        out, data = handler(e.input, state.state_machine)
        cache = assoc_set(state.client_cache, e.client, (e.id, out))
        return (out,), replace(state, client_cache=cache, state_machine=data)

    def cache_apply_entry(self, state: State, e: Entry) -> tuple[tuple[Output, ...], State]:
        cached = dict(state.client_cache).get(e.client)
        if cached is None or e.id > cached[0]:
            return self.apply_entry(state, e)
        return ((cached[1],) if e.id == cached[0] else ()), state

    def apply_entries(self, state: State, entries: tuple[Entry, ...]) -> tuple[Outputs, State]:
        outputs: Outputs = ()
        for e in entries:
            outs, state = self.cache_apply_entry(state, e)
            if e.at == self.me:
                outputs += tuple(ClientResponse(e.client, e.id, out) for out in outs)
        return outputs, state

    def do_generic_server(self, state: State) -> Step:
        committed = tuple(
            e
            for e in reversed(find_gt_index(state.log, state.last_applied))
            if state.last_applied < e.index <= state.commit_index
        )
        outputs, state = self.apply_entries(state, committed)
        return (
            outputs,
            replace(state, last_applied=max(state.commit_index, state.last_applied)),
            (),
        )

    def replica_message(self, state: State, node: int) -> tuple[int, Message]:
        prev_index = max(0, self.get_next_index(state, node) - 1)
        entry = find_at_index(state.log, prev_index)
        return node, AppendEntries(
            state.current_term,
            self.me,
            prev_index,
            entry.term if entry else 0,
            find_gt_index(state.log, prev_index),
            state.commit_index,
        )

    def have_quorum(self, state: State, index: int) -> bool:
        reached = [n for n in self.nodes if index <= assoc_default(state.match_index, n, 0)]
        return len(self.nodes) // 2 < len(reached)

    def advance_commit_index(self, state: State) -> State:
        to_commit = [
            e.index
            for e in find_gt_index(state.log, state.commit_index)
            if state.current_term == e.term
            and state.commit_index < e.index
            and self.have_quorum(state, e.index)
        ]
        return replace(state, commit_index=reduce(max, to_commit, state.commit_index))

    def do_leader(self, state: State) -> Step:
        if state.type != "Leader":
            return (), state, ()
        state = self.advance_commit_index(state)
        if not state.should_send:
            return (), state, ()
        state = replace(state, should_send=False)
        messages = tuple(self.replica_message(state, n) for n in self.nodes if n != self.me)
        return (), state, messages

    def raft_net_handler(self, source: int, m: Message, state: State) -> Step:
        return self._finish((), *self.handle_message(source, m, state))

    def handle_client_request(self, state: State, request: ClientRequest) -> Step:
        client, id = request.client, request.id
        if state.type != "Leader":
            return (NotLeader(client, id),), state, ()
        index = max_index(state.log) + 1
        entry = Entry(self.me, client, id, index, state.current_term, request.input)
        state = replace(
            state,
            log=(entry, *state.log),
            match_index=assoc_set(state.match_index, self.me, index),
            should_send=True,
        )
        return (), state, ()

    def handle_timeout(self, state: State) -> Step:
        if state.type == "Leader":
            return (), replace(state, should_send=True), ()
        return self.try_to_become_leader(state)

    def handle_input(self, input: Timeout | ClientRequest, state: State) -> Step:
        if isinstance(input, ClientRequest):
            return self.handle_client_request(state, input)
        return self.handle_timeout(state)

    def raft_input_handler(self, input: Timeout | ClientRequest, state: State) -> Step:
        return self._finish(*self.handle_input(input, state))

    def _finish(self, outputs: Outputs, state: State, sent: Sent) -> Step:
        """How `RaftNetHandler` and `RaftInputHandler` end alike."""
        leader_out, state, leader_sent = self.do_leader(state)
        generic_out, state, generic_sent = self.do_generic_server(state)
        return outputs + leader_out + generic_out, state, sent + leader_sent + generic_sent


def reboot(state: State) -> State:
    return replace(
        state,
        next_index=(),
        match_index=(),
        should_send=False,
        votes_received=(),
        type="Follower",
    )
