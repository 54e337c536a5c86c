"""Rules about the machines: clocks, disks, room, open files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from vard_http.ctl.check.clocks import largest_skew
from vard_http.ctl.check.finding import Finding, Level
from vard_http.ctl.check.observed import Observed
from vard_http.ctl.observe import text as shown
from vard_http.ctl.observe.figures import Figures
from vard_http.ctl.observe.histogram import Quantile

SKEW_SECONDS: Final = (0.5, 5.0)
"""TTLs are points in time that the member reckons which is asked, and that the leader's clock
ends: clocks apart by so much make them wrong by so much."""

FSYNC_SECONDS: Final = (0.010, 0.100)
"""etcd's guide wants 99 % of the fsyncs below 10 ms; 100 ms is a whole heartbeat interval."""

FSYNCS: Final = 20
"""Fewer say nothing of the slowest in a hundred."""

FULL: Final = (0.8, 0.95)
"""Parts of a limit (quota, open files)."""

RESERVE_BYTES: Final = 32 << 20
"""vard_http refuses writes if the disk has less free than this and a snapshot."""


def clocks(seen: Observed) -> Iterator[Finding]:
    """The members' clocks agree."""
    skew = largest_skew(seen.offsets)
    if skew is None:
        return
    one, other = seen.after.name(skew.one), seen.after.name(skew.other)
    text = (
        f"{one} and {other} are {shown.seconds(skew.estimate)} apart,"
        f" give or take {shown.seconds(skew.error)}"
    )
    level = _level(skew.least, SKEW_SECONDS)
    advice = (
        "Run an NTP client on all members: TTLs and locks are wrong by as much." if level else ""
    )
    yield Finding(level, "clock", text, advice)


def disk(seen: Observed) -> Iterator[Finding]:
    """The log becomes durable fast."""
    name, bad = seen.after.name, False
    slowest = {id: p99 for id, one in seen.after.samples().items() if (p99 := _fsync(one.figures))}
    for id, p99 in slowest.items():
        if level := _level(p99.estimate, FSYNC_SECONDS):
            bad = True
            text = f"one fsync in a hundred takes {shown.quantile(p99)} or more"
            advice = "Give the data directory a faster disk, or stop what else writes to that one."
            yield Finding(level, "disk", text, advice, name(id))
    if slowest and not bad:
        id, p99 = max(slowest.items(), key=lambda one: one[1].estimate)
        text = f"99 % of fsyncs take {shown.quantile(p99)} on the slowest member, {name(id)}"
        yield Finding(Level.OK, "disk", text)


def _fsync(one: Figures) -> Quantile | None:
    fsyncs = one.fsync_seconds
    return fsyncs.quantile(0.99) if fsyncs is not None and fsyncs.count >= FSYNCS else None


def room(seen: Observed) -> Iterator[Finding]:
    """There is room for more data, in the quota and on the disk."""
    bad = False
    for id, one in seen.after.samples().items():
        for level, text, advice in _room(one.figures):
            bad = True
            yield Finding(level, "space", text, advice, seen.after.name(id))
    if seen.after.samples() and not bad:
        stored = [one.figures.stored for one in seen.after.samples().values()]
        most = max((size for size in stored if size is not None), default=None)
        yield Finding(Level.OK, "space", f"no alarm; {shown.size(most)} stored, with room for more")


def _room(one: Figures) -> Iterator[tuple[Level, str, str]]:
    if one.no_space:
        advice = "Delete keys, raise --quota-backend-bytes or free disk; the alarm ends by itself."
        yield Level.FAIL, "it refuses writes for want of room", advice
    elif one.quota and one.stored is not None:
        part = one.stored / one.quota
        if level := _level(part, FULL):
            text = f"{shown.percent(part)} of the quota of {shown.size(one.quota)} is used"
            yield level, text, "Delete keys, or raise --quota-backend-bytes on all members."
    if one.disk_free is not None:
        needed = RESERVE_BYTES + (one.stored or 0.0)
        if one.disk_free < 4 * needed:
            free, least = shown.size(one.disk_free), shown.size(needed)
            text = f"its disk has {free} free; below {least} it refuses writes"
            level = Level.FAIL if one.disk_free < needed else Level.WARN
            yield level, text, "Free disk space where the data directory is."


def files(seen: Observed) -> Iterator[Finding]:
    """There are file descriptors left for connections."""
    parts = {
        id: one.figures.open_files / one.figures.max_files
        for id, one in seen.after.samples().items()
        if one.figures.open_files is not None and one.figures.max_files
    }
    for id, part in parts.items():
        if level := _level(part, FULL):
            text = f"{shown.percent(part)} of the files it may open are open"
            advice = "Raise its limit (ulimit -n, LimitNOFILE), or find the clients that hold them."
            yield Finding(level, "files", text, advice, seen.after.name(id))
    if parts and not any(_level(part, FULL) for part in parts.values()):
        most = math.ceil(max(parts.values()) * 100)
        yield Finding(Level.OK, "files", f"at most {most}% of the files allowed are open")


def _level(value: float, bounds: tuple[float, float]) -> Level:
    warn, fail = bounds
    return Level.FAIL if value > fail else Level.WARN if value > warn else Level.OK
