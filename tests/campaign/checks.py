"""The checkers: a history in, verdicts out. They need no cluster, and each can fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, Literal

from msgspec import Struct

from tests.campaign.history import Event, Hold, Promise, Record, Watched
from tests.campaign.register import step
from tests.verification.linearizability import Undecided, check

STATES: Final = 200_000
"""How many states of one key the search may meet before it gives up."""

RELEASES: Final = frozenset({"delete", "compareAndDelete", "expire"})


class Verdict(Struct, frozen=True):
    name: str
    outcome: Literal["holds", "violated", "unknown"]
    detail: str


def verdict(name: str, violations: Sequence[str], passed: str) -> Verdict:
    if not violations:
        return Verdict(name, "holds", passed)
    more = f" (and {len(violations) - 3} more)" if len(violations) > 3 else ""
    return Verdict(name, "violated", "; ".join(violations[:3]) + more)


def registers_linearizable(records: Sequence[Record], limit: int = STATES) -> Verdict:
    """Every key on its own is a register (tests/campaign/register.py)."""
    name = "registers are linearizable"
    histories: dict[object, list[Record]] = {}
    for record in records:
        histories.setdefault(record.operation.key, []).append(record)
    undecided, violations = [], []
    for key, history in histories.items():
        try:
            found = check([each.operation for each in history], None, step, limit)
        except Undecided:
            undecided.append(str(key))
            continue
        if found is not None:
            last = found.explained[-1] if found.explained else "nothing"
            violations.append(f"{key}: {found.stuck} cannot follow on {last}")
    if undecided and not violations:
        return Verdict(name, "unknown", f"too many orders of {', '.join(undecided)}")
    return verdict(name, violations, f"{len(records)} operations on {len(histories)} keys")


def promises_kept(promises: Sequence[Promise], found: Mapping[str, tuple[str, int]]) -> Verdict:
    """`found` has, by key, value and createdIndex of all that is there at the end.

    Every acknowledged write is there, nothing is there twice or was never written, and in-order
    keys are in the order of the writes that did not overlap.
    """
    kept = [each for each in promises if each.index]
    wrong = [
        f"{each.key}={each.value} at {each.index} is {found.get(each.key)}"
        for each in kept
        if found.get(each.key) != (each.value, each.index)
    ]
    values = [value for value, _ in found.values()]
    attempted = {each.value for each in promises}
    wrong += [f"{value} was never written" for value in set(values) - attempted]
    wrong += [f"{value} was written twice" for value in _repeated(values)]
    wrong += _disordered([each for each in kept if each.parent])
    return verdict(
        "no acknowledged write is lost",
        wrong,
        f"{len(kept)} acknowledged of {len(promises)}",
    )


def _repeated(values: Iterable[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def _disordered(posts: Sequence[Promise]) -> list[str]:
    """Posts that were answered before another was sent, but have a later index."""
    wrong, highest, done = [], 0, 0
    by_return = sorted(posts, key=lambda each: each.returned or 0.0)
    for post in sorted(posts, key=lambda each: each.invoked):
        while done < len(posts) and (by_return[done].returned or 0.0) < post.invoked:
            highest = max(highest, by_return[done].index)
            done += 1
        if post.index <= highest:
            wrong.append(f"{post.key} comes after {highest}, which was there before")
    return wrong


def watches_complete(
    watched: Sequence[Watched], final: Sequence[Event], acknowledged: Mapping[int, str]
) -> Verdict:
    """Every watcher got each event once and in order, and the same as all others.

    What there was to see is what any watcher saw, what the history of events holds at the end
    (`final`), and the indexes of `acknowledged` writes with their keys.
    """
    wrong: list[str] = []
    truth: dict[int, Event] = {event.index: event for event in final}
    for each in watched:
        for event in each.events:
            known = truth.setdefault(event.index, event)
            if known != event:
                wrong.append(f"{each.watcher} saw {event}, others {known}")
        for one, next_one in pairwise(each.events):
            if next_one.index <= one.index:
                wrong.append(f"{each.watcher} saw {next_one.index} after {one.index}")
    for each in watched:
        wrong += _missed(each, truth, acknowledged)
    count = sum(len(each.events) for each in watched)
    gaps = sum(len(each.gaps) for each in watched)
    return verdict(
        "watches are complete and in order",
        wrong,
        f"{count} events at {len(watched)} watchers, {gaps} times history was gone",
    )


def _missed(
    each: Watched, truth: Mapping[int, Event], acknowledged: Mapping[int, str]
) -> list[str]:
    directory = "/" + each.watcher.rpartition(" ")[2] + "/"
    keys = {index: event.key for index, event in truth.items()} | dict(acknowledged)
    seen = {event.index for event in each.events}
    return [
        f"{each.watcher} missed {index} of {key}"
        for index, key in sorted(keys.items())
        if key.startswith(directory)
        and each.since <= index <= each.reached
        and index not in seen
        and not any(first < index <= last for first, last in each.gaps)
    ]


def lock_exclusive(
    holds: Sequence[Hold], events: Sequence[Event], *, clocks_agree: bool
) -> Verdict:
    """The lock is never held twice.

    By its fences: between two of them the event history gives the lock back. And by time, if no
    clock was moved: nobody acquires it while another holds it by his own reckoning.
    """
    wrong: list[str] = []
    ordered = sorted(holds, key=lambda each: each.fence)
    ends = [event.index for event in events if event.action in RELEASES]
    first = min((event.index for event in events), default=0)
    for one, two in pairwise(ordered):
        if one.fence >= first and not any(one.fence < end < two.fence for end in ends):
            wrong.append(f"{two.holder} at {two.fence} while {one.holder} at {one.fence} held it")
        until = min(one.expires, one.released if one.released is not None else one.expires)
        if clocks_agree and one.acquired <= two.acquired < until:
            wrong.append(f"{two.holder} from {two.acquired:.3f} s, {one.holder} to {until:.3f} s")
    how = "fences and times" if clocks_agree else "fences (clocks were moved)"
    return verdict("the lock is never held twice", wrong, f"{len(holds)} holds, by {how}")


def replicas_agree(states: Mapping[str, Mapping[str, Any]]) -> Verdict:
    """The members' digests of what they hold are equal."""
    digests = {(state["digest"], state["etcd_index"]) for state in states.values()}
    index = max((state["raft_index"] for state in states.values()), default=0)
    wrong = [] if len(digests) == 1 else [f"{states}"]
    return verdict("replicas agree", wrong, f"{len(states)} members at entry {index}")


def nothing_else(name: str, oddities: Sequence[str], passed: str) -> Verdict:
    """A verdict on what must not have happened at all."""
    return verdict(name, oddities, passed)
