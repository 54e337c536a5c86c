"""The recorded runs of the verified handlers, read and written (data/verdi-traces/README.md)."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from msgspec import Struct

from tests.verification.reference.machine import Input
from tests.verification.reference.raft import (
    AppendEntries,
    AppendEntriesReply,
    ClientRequest,
    ClientResponse,
    Entry,
    Message,
    NotLeader,
    RequestVote,
    RequestVoteReply,
    State,
)

TRACES = tuple(sorted((Path(__file__).parent.parent / "data" / "verdi-traces").glob("*.gz")))

Json = Any
"""What a line of a trace holds; the README of the traces says what is where."""


class Trace(Struct, frozen=True):
    """One run: its header, and its steps in order."""

    name: str
    header: Json
    steps: list[Json]

    @property
    def nodes(self) -> tuple[int, ...]:
        return tuple(range(self.header["nodes"]))


def load(path: Path) -> Trace:
    header, *steps = (
        orjson.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()
    )
    assert (header["format"], header["version"]) == ("verdi-raft-trace", 1)
    assert len(steps) == header["steps"]
    return Trace(path.name.removesuffix(".jsonl.gz"), header, steps)


def entry(fields: Json) -> Entry:
    at, client, id, index, term, input = fields
    return Entry(at, client, id, index, term, command(input))


def command(fields: Json) -> Input:
    input: Input = tuple(fields)
    return input


def client_request(event: Json) -> ClientRequest:
    return ClientRequest(event["client"], event["id"], command(event["input"]))


def message(m: Json) -> Message:
    match m["type"]:
        case "RequestVote":
            return RequestVote(m["term"], m["candidateId"], m["lastLogIndex"], m["lastLogTerm"])
        case "RequestVoteReply":
            return RequestVoteReply(m["term"], m["voteGranted"])
        case "AppendEntries":
            return AppendEntries(
                m["term"],
                m["leaderId"],
                m["prevLogIndex"],
                m["prevLogTerm"],
                tuple(entry(e) for e in m["entries"]),
                m["leaderCommit"],
            )
        case "AppendEntriesReply":
            entries = tuple(entry(e) for e in m["entries"])
            return AppendEntriesReply(m["term"], entries, m["success"])
    raise ValueError(f"no message: {m}")


def entry_json(e: Entry) -> Json:
    return [e.at, e.client, e.id, e.index, e.term, list(e.input)]


def entries_json(entries: tuple[Entry, ...]) -> Json:
    return [entry_json(e) for e in entries]


def message_json(m: Message) -> Json:
    match m:
        case RequestVote():
            return {
                "type": "RequestVote",
                "term": m.term,
                "candidateId": m.candidate_id,
                "lastLogIndex": m.last_log_index,
                "lastLogTerm": m.last_log_term,
            }
        case RequestVoteReply():
            return {"type": "RequestVoteReply", "term": m.term, "voteGranted": m.vote_granted}
        case AppendEntries():
            return {
                "type": "AppendEntries",
                "term": m.term,
                "leaderId": m.leader_id,
                "prevLogIndex": m.prev_log_index,
                "prevLogTerm": m.prev_log_term,
                "entries": entries_json(m.entries),
                "leaderCommit": m.leader_commit,
            }
        case AppendEntriesReply():
            return {
                "type": "AppendEntriesReply",
                "term": m.term,
                "entries": entries_json(m.entries),
                "success": m.success,
            }


def output_json(output: NotLeader | ClientResponse) -> Json:
    match output:
        case NotLeader(client, id):
            return ["NotLeader", client, id]
        case ClientResponse(client, id, result):
            return ["ClientResponse", client, id, list(result)]


STATE_FIELDS: dict[str, Callable[[State], Json]] = {
    "currentTerm": lambda s: s.current_term,
    "votedFor": lambda s: s.voted_for,
    "leaderId": lambda s: s.leader_id,
    "log": lambda s: entries_json(s.log),
    "commitIndex": lambda s: s.commit_index,
    "lastApplied": lambda s: s.last_applied,
    # An object as the list of its pairs, so that their order counts.
    "stateMachine": lambda s: [list(pair) for pair in s.state_machine],
    "nextIndex": lambda s: [list(pair) for pair in s.next_index],
    "matchIndex": lambda s: [list(pair) for pair in s.match_index],
    "shouldSend": lambda s: s.should_send,
    "votesReceived": lambda s: list(s.votes_received),
    "type": lambda s: s.type,
    "clientCache": lambda s: [[client, id, list(out)] for client, (id, out) in s.client_cache],
    # The recording leaves out the log of each victory.
    "electoralVictories": lambda s: [[t, list(voters)] for t, voters, _ in s.electoral_victories],
}
"""Each field of a recorded state, made of ours."""


def recorded_state(state: Json) -> Json:
    """A recorded state in the shape that `STATE_FIELDS` makes."""
    return {**state, "stateMachine": [list(pair) for pair in state["stateMachine"].items()]}
