"""The scopes: what each is for, and the bounds at which CI takes it."""

from __future__ import annotations

from tests.verification.model.scope import Scope
from tests.verification.model.script import Script
from tests.verification.model.world import Left
from vard_http.raft import Change, Configuration

FOUR = Configuration((1, 2, 3, 4))


def led(script: Script) -> None:
    """1 leads term 1, and all have its first entry committed."""
    script.elect(1)
    script.settle()
    script.heartbeat(1)
    script.settle()


def behind(script: Script) -> None:
    """... and an entry more, of which 3 knows nothing."""
    led(script)
    script.propose(1, b"old")
    script.settle(1, 2)
    script.lose()


def compacted(script: Script) -> None:
    """... which 1 has in a snapshot only."""
    behind(script)
    script.snapshot(1)


def two_leaders(script: Script) -> None:
    """1 leads four servers and adds a fifth, but nobody hears; then 3 and 4 elect 2 in term 2
    (the bug of 2015, up to the second leader's change)."""
    led(script)
    script.change(1, Change("add", 5))
    script.lose()
    script.elect(2, 2, 3, 4)


def between(*pairs: tuple[int, int]) -> frozenset[tuple[int, int]]:
    """Both ways of each connection."""
    return frozenset(way for a, b in pairs for way in ((a, b), (b, a)))


SCOPES = {
    scope.name: scope
    for scope in (
        Scope(
            "election",
            "three servers with empty logs stand for election, crash and vote again",
            Left(timeouts=2, crashes=1),
            wider=Left(timeouts=3, crashes=1),
        ),
        Scope(
            "pre-vote",
            "the same, asking first",
            Left(timeouts=2),
            wider=Left(timeouts=2, duplicates=1, crashes=1),
            wider_terms=1,
            terms=1,
            pre_vote=True,
        ),
        Scope(
            "replication",
            "entries and a change of leader, messages overtaking one another",
            Left(timeouts=1, entries=1, duplicates=1),
            wider=Left(timeouts=2, entries=1),
            wider_terms=3,
            prologue=led,
        ),
        Scope(
            "forwarding",
            "followers pass on their clients' entries, and hear of the commit at once",
            Left(timeouts=1, entries=1),
            wider=Left(timeouts=1, entries=1, duplicates=1),
            forward=True,
            notice=True,
            prologue=led,
        ),
        Scope(
            "crash",
            "an entry, and a crash at any moment",
            Left(timeouts=1, entries=1, crashes=1),
            wider=Left(timeouts=1, entries=1, duplicates=1, crashes=1),
            prologue=led,
        ),
        Scope(
            "snapshot",
            "a follower that is behind gets a snapshot, in two pieces, and leaders change",
            Left(timeouts=1, heartbeats=1),
            wider=Left(timeouts=1, heartbeats=1, duplicates=1),
            chunks=2,
            prologue=compacted,
        ),
        Scope(
            "learner",
            "two voters make a learner the third",
            Left(entries=1, changes=1, duplicates=1),
            wider=Left(timeouts=1, changes=1, heartbeats=1),
            members=Configuration((1, 2), (3,)),
            changes=(Change("add", 3),),
            groups=(),
            prologue=led,
        ),
        Scope(
            "removal",
            "a leader removes a follower or itself",
            Left(timeouts=1, changes=1, duplicates=1),
            wider=Left(timeouts=1, changes=1, heartbeats=1, duplicates=1),
            changes=(Change("remove", 1), Change("remove", 3)),
            groups=(),
            prologue=led,
        ),
        Scope(
            "two-changes",
            "two leaders of different terms each make a change (the bug of 2015)",
            Left(timeouts=2, silences=1, changes=1),
            wider=Left(timeouts=2, silences=1, changes=1, duplicates=1, crashes=1),
            wider_terms=3,
            members=FOUR,
            joiners=(5,),
            terms=3,
            changes=(Change("remove", 1),),
            cut=between((1, 2), (1, 3), (2, 4)),
            groups=(),
            prologue=two_leaders,
        ),
        Scope(
            "reads",
            "a linearizable read while leaders change",
            Left(timeouts=1, reads=1),
            wider=Left(timeouts=1, reads=1, entries=1),
            prologue=led,
        ),
        Scope(
            "transfer",
            "leadership is handed over while an entry is on its way",
            Left(transfers=1, entries=1),
            wider=Left(transfers=1, entries=1, duplicates=1),
            prologue=led,
        ),
        Scope(
            "gathering",
            "a turn takes in several messages before it writes anything",
            Left(timeouts=2, holds=1),
            wider=Left(timeouts=2, holds=2, crashes=1),
        ),
    )
}
