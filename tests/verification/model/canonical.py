"""The hashable form of servers and messages, with the servers' names replaced by others.

Two states with equal forms behave alike, whatever happens. So clocks are left out: a core compares
times only with one another; the search lets timers fire at any moment, and moves a clock either by
a few milliseconds or past the deadline in question. What remains of time is whether a lease holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from tests.verification.model.server import Disk, Server
from vard_http.raft import (
    CONFIGURATION,
    NOBODY,
    AnyMessage,
    Configuration,
    Entry,
    Propose,
    SnapshotMeta,
    decode_change,
    decode_data,
)
from vard_http.raft.log import Log
from vard_http.raft.messages import AppendEntries, InstallSnapshot
from vard_http.raft.progress import Progress
from vard_http.raft.reads import Reads
from vard_http.raft.state import NEVER, State

Names = tuple[int, ...]
"""The new name of each server, by its old one; nobody stays nobody."""

Form = Any
"""Nested tuples of numbers, bytes and None."""

CLOCK = {"now", "election_deadline", "heartbeat_deadline", "transfer_deadline", "leader_contact"}
"""Variables of `State` that say only when something happens."""

CONSTANT = {"settings", "chance"}
PASSING = {"notice_due"}
"""Set anew before each use."""

packed = msgspec.msgpack.Encoder().encode


def nodes(those: Sequence[int], names: Names) -> Form:
    return tuple(sorted(names[node] for node in those))


def configuration(c: Configuration, names: Names) -> Form:
    return nodes(c.voters, names), nodes(c.learners, names)


def meta(m: SnapshotMeta | None, names: Names) -> Form:
    return None if m is None else (m.index, m.term, configuration(m.configuration, names))


@lru_cache(maxsize=100_000)
def entry(e: Entry, names: Names) -> Form:
    if e.kind != CONFIGURATION:
        return e.index, e.term, e.kind, e.data
    data = decode_data(e.data)
    change = (data.change.operation, names[data.change.node], data.change.context)
    return e.index, e.term, e.kind, configuration(data.configuration, names), change


def entries(those: Sequence[Entry], names: Names) -> Form:
    return tuple(entry(e, names) for e in those)


@lru_cache(maxsize=100_000)
def message(m: AnyMessage, names: Names) -> Form:
    """Only entries and configurations speak of servers."""
    kind = type(m).__name__
    if isinstance(m, AppendEntries):
        rest = (m.prev_log_index, m.prev_log_term, m.leader_commit, m.read_round)
        return kind, m.term, entries(m.entries, names), rest
    if isinstance(m, InstallSnapshot):
        return kind, m.term, meta(m.meta, names), m.chunk, m.data, m.last
    if isinstance(m, Propose):
        return kind, tuple(_proposal(p.kind, p.data, names) for p in m.proposals)
    return kind, *(getattr(m, field) for field in m.__struct_fields__)


def _proposal(kind: int, data: bytes, names: Names) -> Form:
    if kind != CONFIGURATION:
        return kind, data
    change = decode_change(data)
    return kind, change.operation, names[change.node], change.context


def log(held: Log, names: Names) -> Form:
    return (
        held.offset,
        held.offset_term,
        held.unstable_from,
        entries(held._entries, names),
        tuple((index, configuration(c, names)) for index, c in held._configurations),
    )


def progress(p: Progress, names: Names, now: int, timeout: int) -> Form:
    """`sent_at` is a clock: a chunk that is lost is repeated as a duplicate is."""
    return (
        p.next_index,
        p.match_index,
        p.mode,
        p.waiting,
        tuple(p.inflight),
        now - p.contact > timeout,
        p.commit_sent,
        p.proposed,
        p.read_round,
        p.read_sent,
        meta(p.snapshot, names),
        p.chunk,
    )


def reads(r: Reads, names: Names) -> Form:
    return (
        r.round,
        r._round_open,
        tuple((p.number, names[p.node], p.context, p.commit) for p in r._pending),
        tuple((names[node], context) for node, context in r._postponed),
    )


def state(s: State, names: Names) -> Form:
    timeout = s.settings.election_timeout
    receiving = s.receiving
    return (
        names[s.me],
        s.current_term,
        names[s.voted_for],
        log(s.log, names),
        meta(s.snapshot, names),
        s.last_applied,
        s.commit_index,
        s.role.value,
        names[s.leader_id],
        s.lease_holds(),
        nodes(tuple(s.votes_received), names),
        tuple(
            sorted((names[n], progress(p, names, s.now, timeout)) for n, p in s.progress.items())
        ),
        reads(s.reads, names),
        receiving and (receiving[0], meta(receiving[1], names), receiving[2]),
        names[s.transferee],
        (s.durable_term_vote[0], names[s.durable_term_vote[1]]),
        s.durable_commit,
        tuple((names[to], message(m, names)) for to, m in s.messages),
        tuple((r.context, r.index) for r in s.read_states),
        s.chunk and (meta(s.chunk.meta, names), s.chunk.number, s.chunk.data, s.chunk.last),
        s.notice_deadline != NEVER,
    )


def disk(d: Disk, names: Names) -> Form:
    hard = d.hard_state
    return (
        (hard.term, names[hard.vote], hard.commit),
        meta(d.meta, names),
        d.base,
        entries(d.entries, names),
        tuple(sorted(len(content) for content in d.snapshots)),
        d.partial,
    )


def server(s: Server, names: Names) -> Form:
    """What its snapshots hold follows from their lengths: all is checked to be committed."""
    return (
        state(s.raft.state, names),
        disk(s.disk, names),
        entries(s.machine, names),
        s.held,
        (s.spoken[0], names[s.spoken[1]]),
    )


def signature(s: Server) -> Form:
    """Something that does not depend on names, to sort servers by before they get new ones."""
    state = s.raft.state
    return (
        state.current_term,
        state.role.value,
        state.log.last_index,
        state.log.last_term,
        state.commit_index,
        s.disk.last_index,
        state.voted_for == s.node,
        state.voted_for == NOBODY,
        state.leader_id == NOBODY,
        len(state.votes_received),
        s.spoken[0],
    )
