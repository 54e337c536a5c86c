"""Clusters as tests want them, without a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vard_http.client import Member
from vard_http.ctl.observe.figures import Figures
from vard_http.ctl.observe.histogram import Histogram
from vard_http.ctl.observe.snapshot import Answer, Sample, Silence, Snapshot

CLUSTER = "7e27652122e8b2ae"
START = 1_700_000_000.0
HOUR = 3600.0


def member(number: int, **changes: Any) -> Member:
    """n1 with the id 1a, and so on."""
    name = f"n{number}"
    plain = Member(f"{number}a", name, (f"http://{name}:2380",), (f"http://{name}:2379",))
    return replace(plain, **changes)


def histogram(*counts: float) -> Histogram:
    """So many observations in the buckets up to 1, 2, 4, 8, 16, 32 ms and above."""
    bounds = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, float("inf"))
    filled = [*counts, *[0] * (len(bounds) - len(counts))]
    return Histogram(bounds, tuple(sum(filled[: place + 1]) for place in range(len(bounds))))


def told(number: int, **changes: Any) -> Figures:
    """What a healthy member says; the first one leads."""
    plain = Figures(
        id=f"{number}a",
        role="leader" if number == 1 else "follower",
        term=5,
        commit=100,
        applied=100,
        leader="1a",
        match={"1a": 100, "2a": 100, "3a": 100} if number == 1 else {},
        leader_changes=1,
        received={},
        refused=0,
        request_seconds=histogram(),
        fsync_seconds=histogram(100),
        watchers=0,
        pending=0,
        cpu_seconds=1.0,
        memory=50 * 1024**2,
        started=START,
        database=1024**2,
        stored=1024.0,
        quota=0,
        disk_free=float(1 << 40),
        no_space=False,
        open_files=10,
        max_files=1024,
        version="vard_http 0.1.0",
        connected={f"{other}a": True for other in (1, 2, 3) if other != number},
    )
    return replace(plain, **changes)


def sample(figures: Figures, *, at: float = 0.0) -> Sample:
    """From where n1, n2, ... advertise that they are."""
    return Sample(at, START + HOUR + at, 0.001, f"http://n{figures.id[0]}:2379", figures)


def snapshot(*answers: Figures | str, at: float = 0.0) -> Snapshot:
    """n1, n2, ... answer with figures, or not for the reason given."""
    members = tuple(member(number) for number in range(1, len(answers) + 1))
    found: Mapping[str, Answer] = {
        one.id: Silence(answer) if isinstance(answer, str) else sample(answer, at=at)
        for one, answer in zip(members, answers, strict=True)
    }
    return Snapshot(at, CLUSTER, members, found)
