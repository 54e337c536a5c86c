"""Theorems of elections: who may lead, and by whose votes."""

from __future__ import annotations

from tests.verification.theorems.theorem import Complaints, Theorems
from tests.verification.theorems.view import RequestVoteReply, Role, Server, View

THEOREMS: Theorems[View] = Theorems()


@THEOREMS.define("OneLeaderPerTerm", "Raft/OneLeaderPerTermInterface.v")
def one_leader_per_term(view: View) -> Complaints:
    leaders: dict[int, int] = {}
    for server in view.servers:
        if server.role is Role.LEADER:
            other = leaders.setdefault(server.term, server.node)
            if other != server.node:
                yield f"{other} and {server.node} lead term {server.term}"


@THEOREMS.define("OneLeaderLogPerTerm", "Raft/OneLeaderLogPerTermInterface.v")
def one_leader_log_per_term(view: View) -> Complaints:
    """As OneLeaderPerTerm, but of all who ever led, and of what they began with."""
    begun: dict[int, object] = {}
    for server, ghost in zip(view.servers, view.ghosts, strict=True):
        for term, log in ghost.leader_logs:
            if begun.setdefault(term, (server.node, log)) != (server.node, log):
                yield f"term {term} began twice: {begun[term]} and {(server.node, log)}"


@THEOREMS.define("VotesCorrect", "Raft/VotesCorrectInterface.v")
def votes_correct(view: View) -> Complaints:
    """`one_vote_per_term`, and the vote that is stored is the one that was given."""
    for server, ghost in zip(view.servers, view.ghosts, strict=True):
        stored = server.stored
        given: dict[int, int] = {}
        for term, candidate in sorted(ghost.votes):
            if given.setdefault(term, candidate) != candidate:
                yield f"{server.node} voted for {given[term]} and {candidate} in term {term}"
            elif term == stored.term and stored.voted_for != candidate:
                yield f"{server.node} voted for {candidate} in term {term}, but stores {stored}"
        if stored.voted_for is not None and (stored.term, stored.voted_for) not in ghost.votes:
            yield f"{server.node} stores a vote that it did not give: {stored}"


@THEOREMS.define("CroniesCorrect", "Raft/CroniesCorrectInterface.v")
def cronies_correct(view: View) -> Complaints:
    """Whoever counts on a vote was given it: `votes_received_cronies`, `cronies_votes`, `votes_nw`,
    `votes_received_leaders`."""
    for server, ghost in zip(view.servers, view.ghosts, strict=True):
        for term, crony in sorted(ghost.cronies):
            if (term, server.node) not in view.ghost(crony).votes:
                yield f"{server.node} counts on {crony} in term {term}, who did not vote for it"
        if server.role in (Role.CANDIDATE, Role.LEADER):
            known = {voter for term, voter in ghost.cronies if term == server.term} | {server.node}
            if not (server.votes_received or frozenset()) <= known:
                yield f"{server.node} counts {server.votes_received}, but knows of {known}"
        if server.role is Role.LEADER:
            yield from won_election(view, server)
    for packet in view.in_flight:
        m = packet.message
        promised = isinstance(m, RequestVoteReply) and m.granted and not m.pre_vote
        if promised and (m.term, packet.target) not in view.ghost(packet.source).votes:
            yield f"{packet.source} says that it voted for {packet.target}: {m}"


def won_election(view: View, leader: Server) -> Complaints:
    """Raft.v clears no votes of a leader; of one that has, the voters tell."""
    voters = leader.votes_received
    if voters is None:
        voters = view.voters_for(leader.term, leader.node) | {leader.node}
    elected_by = [c for term, _, c in view.ghost(leader.node).victories if term == leader.term]
    if not any(configuration.is_quorum(voters) for configuration in elected_by):
        yield f"{leader.node} leads term {leader.term} by {sorted(voters)} of {elected_by}"


@THEOREMS.define("CandidatesVoteForSelves", "Raft/CandidatesVoteForSelvesInterface.v")
def candidates_vote_for_selves(view: View) -> Complaints:
    for server in view.servers:
        if server.role is Role.CANDIDATE and server.voted_for != server.node:
            yield f"candidate {server.node} voted for {server.voted_for}"
