"""Keeps the ghost variables: what `update_elections_data_*` of RaftRefinementInterface.v does.

There each handler says what it adds; here the difference between two Views does, so that nothing
need be written into the code under test. Exact if a View is taken after every handler. If it is
taken more rarely, ghosts know less than happened, and then CommitRecordedCommitted asks too much.
"""

from __future__ import annotations

from collections.abc import Hashable

from msgspec.structs import replace

from tests.verification.theorems.view import AnyEntry, Ghost, Log, Packet, Role, Server, View


def begin(servers: tuple[Server, ...]) -> View:
    """The first View of a cluster; what its servers have voted and stored counts as done now."""
    return advance(View((), ()), servers)


def advance(before: View, servers: tuple[Server, ...], in_flight: tuple[Packet, ...] = ()) -> View:
    """The View after `before`, of these servers and packets. Servers may join and leave; those who
    leave must be kept in `servers` as long as their votes and entries are to count."""
    known = {
        server.node: (server, ghost)
        for server, ghost in zip(before.servers, before.ghosts, strict=True)
    }
    ghosts = []
    for server in servers:
        earlier, ghost = known.get(server.node, (None, Ghost()))
        ghosts.append(ghost if earlier is server else _stored(ghost, earlier, server))
    after = View(servers, tuple(ghosts), in_flight, before.applied, before.states)
    after = replace(
        after, ghosts=tuple(_elected(after, *pair) for pair in zip(servers, ghosts, strict=True))
    )
    return _applied(after)


def _stored(ghost: Ghost, before: Server | None, server: Server) -> Ghost:
    """Votes given, votes received, entries accepted."""
    if before is None or before.incarnation != server.incarnation:
        ghost = replace(ghost, pending=frozenset(), pending_votes=frozenset())
    ghost = _voted(ghost, server)
    if server.role in (Role.CANDIDATE, Role.LEADER) and server.votes_received:
        # Its own vote may not be durable yet, and then a crash would undo it.
        own = (server.term, server.node) in ghost.votes
        counted = {v for v in server.votes_received if v != server.node or own}
        ghost = replace(ghost, cronies=ghost.cronies | {(server.term, v) for v in counted})
    return _accepted(ghost, before, server)


def _voted(ghost: Ghost, server: Server) -> Ghost:
    stored = server.stored
    seen = {(server.term, server.voted_for), (stored.term, stored.voted_for)}
    pending = ghost.pending_votes | {(term, vote) for term, vote in seen if vote is not None}
    given = {vote for vote in pending if is_given(vote, server)}
    log = server.log.before(stored.last_index)
    new = tuple((*vote, log) for vote in sorted(given - ghost.votes))
    return replace(
        ghost,
        votes=ghost.votes | given,
        votes_with_log=ghost.votes_with_log + new,
        pending_votes=pending - given,
    )


def is_given(vote: tuple[int, int], server: Server) -> bool:
    """Whether a crash cannot undo it: it is durable, or a term is in which nobody will ask."""
    stored = server.stored
    return vote[0] < stored.term or vote == (stored.term, stored.voted_for)


def _accepted(ghost: Ghost, before: Server | None, server: Server) -> Ghost:
    crashed = before is None or before.incarnation != server.incarnation
    pending = frozenset() if crashed else ghost.pending
    pending |= {
        (server.term, entry) for entry in added(before.log if before else Log(), server.log)
    }
    durable = server.log.before(server.stored.last_index)
    written = {(term, entry) for term, entry in pending if durable.at(entry.index) == entry}
    if not written and pending == ghost.pending:
        return ghost
    return replace(ghost, all_entries=ghost.all_entries | written, pending=pending - written)


def added(before: Log, after: Log) -> list[AnyEntry]:
    """The entries of `after` that `before` does not have."""
    return [entry for entry in after.entries if before.at(entry.index) != entry]


def _elected(view: View, server: Server, ghost: Ghost) -> Ghost:
    if server.role is not Role.LEADER:
        return ghost
    term = server.term
    if all(t != term for t, _ in ghost.leader_logs):
        voters = server.votes_received or view.voters_for(term, server.node) | {server.node}
        ghost = replace(
            ghost,
            leader_logs=(*ghost.leader_logs, (term, before_term(server.log, term))),
            victories=(*ghost.victories, (term, voters, server.configuration)),
        )
    led = (term, *server.configurations[-1])
    return ghost if led in ghost.led_with else replace(ghost, led_with=ghost.led_with | {led})


def before_term(log: Log, term: int) -> Log:
    """A leader's log when it was elected: production leaders add an entry in the same step."""
    kept = len(log.entries)
    while kept and log.entries[kept - 1].term == term:
        kept -= 1
    return replace(log, entries=log.entries[:kept])


def _applied(view: View) -> View:
    """Note what was applied for the first time, and the states that are seen for the first time."""
    applied, states = list(view.applied), list(view.states)
    for server in view.servers:
        for index in range(len(applied) + 1, server.last_applied + 1):
            entry = server.log.at(index)
            if entry is None:
                break
            applied.append(entry)
            states.append(None)
        index = server.last_applied
        if 0 < index <= len(states) and states[index - 1] is None:
            states[index - 1] = server.state
    if len(applied) == len(view.applied) and states == list(view.states):
        return view
    state_digests: tuple[Hashable, ...] = tuple(states)
    return replace(view, applied=tuple(applied), states=state_digests)
