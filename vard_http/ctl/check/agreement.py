"""Rules about what the members have to agree on: who is there, who leads, since when, how far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vard_http.ctl.check.finding import Finding, Level
from vard_http.ctl.check.observed import Observed
from vard_http.ctl.observe.figures import NOBODY
from vard_http.ctl.observe.snapshot import Silence, Snapshot
from vard_http.ctl.top.rows import lag

LAG_ENTRIES: Final = 1000
"""A member that lacks more entries than this is behind."""

SNAPSHOT_ENTRIES: Final = 5000
"""A member that lacks more than this may need a whole snapshot: so many entries are kept for it."""

CHANGES: Final = 3
CHANGES_AN_HOUR: Final = 3.0
"""More changes of leader than both, for a member's whole life, are no accidents any more."""


def health(seen: Observed) -> Iterator[Finding]:
    """Each member answers, and can have a read agreed on."""
    if seen.after.nobody:
        advice = "Give --endpoints of members that run and can be reached from here."
        yield Finding(Level.FAIL, "health", seen.after.nobody, advice)
        return
    findings = list(_sick(seen))
    yield from findings
    if not findings:
        yield Finding(Level.OK, "health", f"all of {len(seen.after.members)} are healthy")


def _sick(seen: Observed) -> Iterator[Finding]:
    for member in seen.after.members:
        name, answer = seen.after.name(member.id), seen.after.answers[member.id]
        told = seen.health.get(member.id)
        if not member.client_urls:
            text = "it has not started yet"
            advice = "Start it with --initial-cluster-state existing, or remove it from the list."
            yield Finding(Level.WARN, "health", text, advice, name)
        elif isinstance(answer, Silence):
            text = f"unreachable: {answer.reason}"
            advice = "Start it, or look at its process, its log and the network to it."
            yield Finding(Level.FAIL, "health", text, advice, name)
        elif told is None or not told.healthy:
            text = f"it is not healthy: {told.reason if told else 'no answer to /health'}"
            advice = "See the other findings: it has no leader, no quorum, no room or a slow disk."
            yield Finding(Level.FAIL, "health", text, advice, name)


def quorum(seen: Observed) -> Iterator[Finding]:
    """How many voters may still be lost."""
    samples = seen.after.samples()
    learners = {id for id, one in samples.items() if one.figures.role == "learner"}
    voters = [one.id for one in seen.after.members if one.id not in learners]
    if not voters:
        return
    needed = len(voters) // 2 + 1
    margin = sum(_takes_part(seen.after, id) for id in voters) - needed
    text = f"{margin + needed} of {len(voters)} voters take part, {needed} are needed"
    if margin < 0:
        advice = "Bring members back; if their data is lost for good, restore a backup."
        yield Finding(Level.FAIL, "quorum", f"{text}: nothing can be written", advice)
    elif margin == 0 and len(voters) > 1:
        advice = "Bring the others back, or add members until there are three or five."
        yield Finding(Level.WARN, "quorum", f"{text}: the next loss stops all writes", advice)
    else:
        yield Finding(Level.OK, "quorum", f"{text}: {margin} more may be lost")


def _takes_part(shot: Snapshot, id: str) -> bool:
    """It answers here and follows the leader, if there is one: others may be cut off from it."""
    sample = shot.sample(id)
    if sample is None:
        return False
    return shot.leader == NOBODY or sample.figures.leader in (None, shot.leader)


def leader(seen: Observed) -> Iterator[Finding]:
    """All who answer follow the same leader."""
    shot = seen.after
    followed = {id: one.figures.leader for id, one in shot.samples().items()}
    if not followed:
        return
    if shot.leader == NOBODY:
        advice = "See whether a quorum runs and its members reach each other's peer URLs."
        yield Finding(Level.FAIL, "leader", "there is none", advice)
        return
    name, agreed = shot.name(shot.leader), True
    for id, other in followed.items():
        if other is not None and other != shot.leader:
            agreed = False
            says = f"it follows {shot.name(other)}" if other else "it follows nobody"
            yield Finding(
                Level.FAIL,
                "leader",
                f"{says}, not {name}",
                "Look at the network between the peer URLs of the two; repeat the check.",
                shot.name(id),
            )
    if agreed and shot.leader not in followed:
        text = f"all who answer follow {name}, which does not"
        advice = "Repeat the check: if it is gone for the others too, they elect another soon."
        yield Finding(Level.WARN, "leader", text, advice)
    elif agreed:
        yield Finding(Level.OK, "leader", f"all who answer follow {name}")


def term(seen: Observed) -> Iterator[Finding]:
    """The term is one and stays; elections are rare."""
    terms = {id: one.figures.term for id, one in seen.after.samples().items()}
    known = {value for value in terms.values() if value is not None}
    if not known:
        return
    seconds = seen.after.at - seen.before.at
    advice = (
        "Look for a slow disk, an overloaded machine or a bad network; a longer --election-timeout"
        " bears more of it."
    )
    if seen.before.term is not None and seen.before.term != max(known):
        moved = f"it went from {seen.before.term} to {max(known)} within {seconds:.0f} s"
        yield Finding(Level.WARN, "term", f"{moved}: there are elections", advice)
    elif len(known) > 1:
        told = ", ".join(f"{seen.after.name(id)} {value}" for id, value in terms.items())
        yield Finding(
            Level.WARN, "term", f"it differs: {told}", "Repeat the check; " + _low(advice)
        )
    else:
        yield Finding(Level.OK, "term", f"{max(known)}, the same for {seconds:.0f} s")
    yield from _elections(seen, advice)


def _elections(seen: Observed, advice: str) -> Iterator[Finding]:
    for id, one in seen.after.samples().items():
        figures = one.figures
        if figures.leader_changes is None or figures.started is None:
            continue
        hours = max(one.time - figures.started, 1.0) / 3600
        changes = figures.leader_changes
        if changes > CHANGES and changes / hours > CHANGES_AN_HOUR:
            text = f"it has seen {changes} changes of the leader in {hours:.1f} h"
            yield Finding(Level.WARN, "term", text, advice, seen.after.name(id))


def raft_lag(seen: Observed) -> Iterator[Finding]:
    """Who answers has nearly all of the leader's log, and has applied what is committed."""
    most = 0
    for id, one in seen.after.samples().items():
        missing = lag(seen.after, id) or 0
        unapplied = max(0, (one.figures.commit or 0) - (one.figures.applied or 0))
        most = max(most, missing, unapplied)
        name = seen.after.name(id)
        if missing > LAG_ENTRIES:
            level = Level.FAIL if missing > SNAPSHOT_ENTRIES else Level.WARN
            text = f"it lacks {missing} entries of the leader's log"
            advice = "Wait if it has just started; else look at its disk, load and network."
            yield Finding(level, "lag", text, advice, name)
        if unapplied > LAG_ENTRIES:
            text = f"it has {unapplied} committed entries to apply"
            advice = "Its processor does not keep up: lessen the load, or give it more."
            yield Finding(Level.WARN, "lag", text, advice, name)
    if seen.after.samples() and most <= LAG_ENTRIES:
        yield Finding(Level.OK, "lag", f"at most {most} entries behind the leader")


def peers(seen: Observed) -> Iterator[Finding]:
    """Members that answer here are connected to each other."""
    answering = seen.after.samples()
    pairs = broken = 0
    for id, one in answering.items():
        for other in answering:
            if other != id and other in one.figures.connected:
                pairs += 1
                if not one.figures.connected[other]:
                    broken += 1
                    yield Finding(
                        Level.FAIL,
                        "peers",
                        f"it is not connected to {seen.after.name(other)}",
                        "Look at firewalls and routes between their peer URLs, and at both logs.",
                        seen.after.name(id),
                    )
    if pairs and not broken:
        yield Finding(Level.OK, "peers", "all who answer are connected to each other")


def _low(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
