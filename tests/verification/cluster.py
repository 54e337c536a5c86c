"""A small sound cluster for tests of theorems, and ways to damage it.

Server 1 led term 1; 2 leads term 3, elected by itself and 3, and has a snapshot; 1 has begun a
campaign in term 4; 4 is a learner that is far behind.
"""

from __future__ import annotations

from msgspec.structs import replace

from tests.verification.theorems.view import (
    AppendEntries,
    AppendEntriesReply,
    Configuration,
    Entry,
    Ghost,
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


def entry(index: int, term: int, payload: str = "") -> Entry:
    return Entry(index, term, "client", index, payload)


E1, E2, E3, E4 = entry(1, 1), entry(2, 1), entry(3, 3), entry(4, 3)
VOTERS = frozenset({1, 2, 3})
FIRST = Configuration(VOTERS)
SECOND = Configuration(VOTERS, frozenset({4}))
CHANGES = ((0, FIRST), (1, SECOND))

SERVERS = (
    Server(1, 4, 1, Role.CANDIDATE, Log((E1, E2)), 2, 2, CHANGES, frozenset({1}), state="s2"),
    Server(
        node=2,
        term=3,
        voted_for=2,
        role=Role.LEADER,
        log=Log((E2, E3, E4), start_index=1, start_term=1),
        commit_index=3,
        last_applied=3,
        configurations=CHANGES[1:],
        votes_received=frozenset({2, 3}),
        leader=2,
        snapshot=Snapshot(2, 1, "s2"),
        state="s3",
    ),
    Server(3, 3, 2, Role.FOLLOWER, Log((E1, E2, E3)), 2, 2, CHANGES, leader=2, state="s2"),
    Server(4, 3, None, Role.FOLLOWER, Log((E1,)), 1, 1, CHANGES, leader=2, state="s1"),
)

EARLY = frozenset({(1, E1), (1, E2)})
GHOSTS = (
    Ghost(
        votes=frozenset({(1, 1), (4, 1)}),
        cronies=frozenset({(1, 1), (1, 2), (4, 1)}),
        leader_logs=((1, Log()),),
        victories=((1, frozenset({1, 2}), FIRST),),
        led_with=frozenset({(1, 0, FIRST), (1, 1, SECOND)}),
        all_entries=EARLY,
    ),
    Ghost(
        votes=frozenset({(1, 1), (3, 2)}),
        cronies=frozenset({(3, 2), (3, 3)}),
        leader_logs=((3, Log((E1, E2))),),
        victories=((3, frozenset({2, 3}), SECOND),),
        led_with=frozenset({(3, 1, SECOND)}),
        all_entries=EARLY | {(3, E3), (3, E4)},
    ),
    Ghost(votes=frozenset({(3, 2)}), all_entries=EARLY | {(3, E3)}),
    Ghost(all_entries=frozenset({(3, E1)})),
)

SOUND = View(
    SERVERS,
    GHOSTS,
    (
        Packet(1, 3, RequestVote(4, 1, 2, 1)),
        Packet(3, 2, RequestVoteReply(3, True)),
        Packet(2, 3, AppendEntries(3, 2, 3, 3, (E4,), 3)),
        Packet(3, 2, AppendEntriesReply(3, True, 3)),
        Packet(2, 4, InstallSnapshot(3, 2, 2, 1)),
        Packet(3, 2, RequestVote(4, 3, 3, 3, pre_vote=True)),
    ),
    (E1, E2, E3),
    ("s1", "s2", "s3"),
)


def server(node: int, view: View = SOUND, **changes: object) -> View:
    """`view` with other fields of one server."""
    servers = tuple(replace(s, **changes) if s.node == node else s for s in view.servers)
    return replace(view, servers=servers)


def ghost(node: int, view: View = SOUND, **changes: object) -> View:
    """`view` with other ghosts of one server."""
    pairs = zip(view.servers, view.ghosts, strict=True)
    return replace(
        view, ghosts=tuple(replace(g, **changes) if s.node == node else g for s, g in pairs)
    )


def packet(source: int, target: int, message: Message, view: View = SOUND) -> View:
    """`view` with one more message under way."""
    return replace(view, in_flight=(*view.in_flight, Packet(source, target, message)))
