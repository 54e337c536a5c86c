"""What stories say of messages, writes and answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vard_http.raft import (
    CONFIGURATION,
    NOBODY,
    NOOP,
    AnyMessage,
    AppendEntries,
    AppendEntriesReply,
    Entry,
    HardState,
    InstallSnapshot,
    Propose,
    decode_data,
)
from vard_http.raft.messages import (
    CommitIndex,
    InstallSnapshotReply,
    ReadIndex,
    ReadIndexReply,
    RequestVote,
    RequestVoteReply,
    TimeoutNow,
)

WHY: Final = {
    "lost": "the receiver knows nothing of it",
    "late": "others overtake it",
    "repeated": "it must not count twice",
}
"""Why it matters what becomes of a message."""


def of_message(message: AnyMessage) -> str:
    """One message in a few words."""
    match message:
        case AppendEntries():
            what = of_entries(message.entries) or "a heartbeat"
            return (
                f"{what} after {message.prev_log_index} in term {message.term},"
                f" committed up to {message.leader_commit}"
            )
        case AppendEntriesReply():
            said = "has all" if message.success else "refuses what is"
            return f"{said} up to {message.index} in term {message.term}"
        case RequestVote():
            asked = "would give its vote" if message.pre_vote else "gives its vote"
            return (
                f"asks whether it {asked} in term {message.term} (log ends at"
                f" {message.last_log_index} of term {message.last_log_term})"
            )
        case RequestVoteReply():
            answer = "yes" if message.vote_granted else "no"
            return f"{answer} to {'a pre-vote' if message.pre_vote else 'a vote'} in {message.term}"
        case CommitIndex():
            return f"committed up to {message.commit} in term {message.term}"
        case InstallSnapshot():
            return f"chunk {message.chunk} of the snapshot at {message.meta.index}"
        case InstallSnapshotReply():
            return f"wants chunk {message.next_chunk} of the snapshot at {message.index}"
        case TimeoutNow():
            return f"stand for election after term {message.term}"
        case Propose():
            return f"{len(message.proposals)} proposals"
        case ReadIndex():
            return f"from where may read {message.context & 0xFFFF} be served?"
        case ReadIndexReply():
            return f"read {message.context & 0xFFFF} may be served at {message.index}"


def of_messages(messages: Sequence[AnyMessage]) -> str:
    """What is in one frame."""
    return "; ".join(of_message(message) for message in messages)


def of_entries(entries: Sequence[Entry]) -> str:
    """Where the entries stand, and what is special about them."""
    if not entries:
        return ""
    first, last = entries[0], entries[-1]
    where = f"{first.index}" if first is last else f"{first.index} to {last.index}"
    terms = "/".join(str(term) for term in sorted({entry.term for entry in entries}))
    special = [
        f", {entry.index} is {'a no-op' if entry.kind == NOOP else _of_change(entry)}"
        for entry in entries
        if entry.kind in (NOOP, CONFIGURATION)
    ]
    return f"entry {where} of term {terms}{''.join(special)}"


def _of_change(entry: Entry) -> str:
    change = decode_data(entry.data).change
    return f"{change.operation} {change.node:x}"


def of_write(hard_state: HardState | None, entries: Sequence[Entry]) -> str:
    """What became durable; empty if that was nothing."""
    parts = []
    if hard_state is not None:
        vote = "" if hard_state.vote == NOBODY else f" and its vote for {hard_state.vote:x}"
        parts.append(f"term {hard_state.term}{vote}")
    if entries:
        parts.append(of_entries(entries))
    return ", ".join(parts)
