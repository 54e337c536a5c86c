"""Snapshots become rows: a member each, rates since the last one, quantiles over all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from vard_http.client import Member
from vard_http.ctl.observe.figures import Figures
from vard_http.ctl.observe.histogram import Histogram, Quantile
from vard_http.ctl.observe.snapshot import Sample, Silence, Snapshot

SLOW_SECONDS: Final = 0.016
"""An fsync above this is slow: the bound of a bucket next to the 10 ms that etcd's guide wants."""

READS: Final = ("GET", "HEAD")
QUORUM_READS: Final = ("QGET",)
WRITES: Final = ("PUT", "POST", "DELETE")

UNREACHABLE: Final = "unreachable"


@dataclass(frozen=True, slots=True)
class Row:
    """What is shown of a member; None is what is not known.

    Rates are per second, `cpu` is a part of one core, times are seconds and sizes bytes. `lag` is
    how many entries of the leader's log the member is not known to have, `reason` why there was no
    answer.
    """

    name: str
    role: str
    reason: str = ""
    term: int | None = None
    commit: int | None = None
    applied: int | None = None
    lag: int | None = None
    writes: float | None = None
    reads: float | None = None
    quorum_reads: float | None = None
    refused: float | None = None
    watchers: float | None = None
    request_p50: Quantile | None = None
    request_p99: Quantile | None = None
    fsync_p50: Quantile | None = None
    fsync_p99: Quantile | None = None
    slow_fsyncs: float | None = None
    round_trip: float | None = None
    memory: float | None = None
    cpu: float | None = None
    database: float | None = None


def rows(history: Sequence[Snapshot], *, lifetime: bool = False) -> list[Row]:
    """One for each member of the last snapshot, with rates since the one before.

    The quantiles are of the time that `history` spans, with `lifetime` since the member's start.
    """
    return [_row(member, history, lifetime=lifetime) for member in history[-1].members]


def _row(member: Member, history: Sequence[Snapshot], *, lifetime: bool) -> Row:
    last = history[-1]
    name = last.name(member.id)
    answer = last.answers[member.id]
    behind = lag(last, member.id)
    if isinstance(answer, Silence):
        return Row(name, UNREACHABLE, answer.reason, lag=behind)
    earlier = [one for one in (shot.sample(member.id) for shot in history[:-1]) if one is not None]
    earlier = [one for one in earlier if one.figures.started == answer.figures.started]
    previous = earlier[-1] if earlier else None
    oldest = earlier[0] if earlier and not lifetime else None
    now = answer.figures
    requests = _recent(oldest, answer, lambda one: one.request_seconds)
    fsyncs = _recent(oldest, answer, lambda one: one.fsync_seconds)
    return Row(
        name,
        now.role,
        term=now.term,
        commit=now.commit,
        applied=now.applied,
        lag=behind,
        writes=received(previous, answer, WRITES),
        reads=received(previous, answer, READS),
        quorum_reads=received(previous, answer, QUORUM_READS),
        refused=_rate(previous, answer, lambda one: one.refused),
        watchers=now.watchers,
        request_p50=_quantile(requests, 0.5),
        request_p99=_quantile(requests, 0.99),
        fsync_p50=_quantile(fsyncs, 0.5),
        fsync_p99=_quantile(fsyncs, 0.99),
        slow_fsyncs=None if fsyncs is None else fsyncs.above(SLOW_SECONDS),
        round_trip=answer.round_trip,
        memory=now.memory,
        cpu=_rate(previous, answer, lambda one: one.cpu_seconds),
        database=now.database,
    )


def lag(snapshot: Snapshot, id: str) -> int | None:
    """How many entries the member lacks of the leader's log; 0 for the leader.

    As the leader knows it, so that both numbers are of one moment and there is one even for a
    member that does not answer. Where the leader does not tell: by what the two have committed.
    """
    leader = snapshot.sample(snapshot.leader)
    if leader is None or leader.figures.commit is None:
        return None
    if id == snapshot.leader:
        return 0
    known = leader.figures.match.get(id)
    if known is None:
        sample = snapshot.sample(id)
        known = sample.figures.commit if sample is not None else None
    return None if known is None else max(0, leader.figures.commit - known)


def received(before: Sample | None, after: Sample, methods: Collection[str]) -> float | None:
    """Requests of these methods a second between two samples of one process."""
    return _rate(
        before, after, lambda one: sum(one.received.get(method, 0.0) for method in methods)
    )


def _rate(
    before: Sample | None, after: Sample, counter: Callable[[Figures], float | None]
) -> float | None:
    if before is None or after.at <= before.at:
        return None
    old, new = counter(before.figures), counter(after.figures)
    if old is None or new is None:
        return None
    return max(0.0, new - old) / (after.at - before.at)


def _recent(
    oldest: Sample | None, now: Sample, histogram: Callable[[Figures], Histogram | None]
) -> Histogram | None:
    """What came after `oldest`; without it, all."""
    last = histogram(now.figures)
    return last if last is None or oldest is None else last.since(histogram(oldest.figures))


def _quantile(histogram: Histogram | None, part: float) -> Quantile | None:
    return None if histogram is None else histogram.quantile(part)
