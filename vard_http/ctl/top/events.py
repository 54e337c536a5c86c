"""What happened in the cluster between two looks at it."""

from __future__ import annotations

from collections.abc import Iterator

from vard_http.ctl.observe.figures import NOBODY
from vard_http.ctl.observe.snapshot import Sample, Silence, Snapshot


def events(before: Snapshot, after: Snapshot) -> list[str]:
    """A line each; the most important last, where the eye is."""
    return [*_members(before, after), *_reachable(before, after), *_leadership(before, after)]


def _members(before: Snapshot, after: Snapshot) -> Iterator[str]:
    old = {one.id for one in before.members}
    new = {one.id for one in after.members}
    if not old or not new:
        return
    for id in sorted(new - old):
        yield f"{after.name(id)} was added"
    for id in sorted(old - new):
        yield f"{before.name(id)} was removed"


def _reachable(before: Snapshot, after: Snapshot) -> Iterator[str]:
    for id, answer in after.answers.items():
        was = before.answers.get(id)
        name = after.name(id)
        if isinstance(was, Sample) and isinstance(answer, Silence):
            yield f"{name} is lost: {answer.reason}"
        elif isinstance(was, Silence) and isinstance(answer, Sample):
            role = answer.figures.role
            # One that has stood still may take itself for the leader that it was.
            known = role != "leader" or id == after.leader
            yield f"{name} is back as {role}" if known else f"{name} is back"
        elif isinstance(was, Sample) and isinstance(answer, Sample):
            if was.figures.started != answer.figures.started:
                yield f"{name} was restarted"
            elif was.figures.role == "learner" and answer.figures.role != "learner":
                yield f"{name} became a voter"


def _leadership(before: Snapshot, after: Snapshot) -> Iterator[str]:
    old, new = before.leader, after.leader
    term = f"term {after.term}" if after.term is not None else "an unknown term"
    if old == new:
        if new != NOBODY and before.term is not None and after.term != before.term:
            yield f"{after.name(new)} was elected again, in {term}"
    elif new == NOBODY:
        yield f"no leader: {before.name(old)} led until now"
    elif old == NOBODY:
        yield f"{after.name(new)} leads in {term}"
    else:
        yield f"{after.name(new)} leads in {term}, {after.name(old)} did before"
