"""What a case is, and the hands it works with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from loadtest import procfs, wrk
from loadtest.probes import FsyncProbe
from loadtest.results import Cell
from loadtest.servers import Cluster, Member, Side

Axis = Literal["connections", "value bytes", "keys", "members"]


@dataclass(frozen=True)
class Row:
    """One line of the report. `higher` tells whether more is better.

    `limit` is the most that the value may be. A row with `of` and `versus` is not measured: it
    compares two other rows of our own. `at` is the place in a chart: the axis, and where on it.
    """

    name: str
    title: str
    unit: str = "requests/s"
    higher: bool = True
    limit: float | None = None
    of: str | None = None
    versus: str | None = None
    at: tuple[Axis, int] | None = None


@dataclass(frozen=True)
class Case:
    """One start of a cluster that yields one or more rows."""

    name: str
    rows: tuple[Row, ...]
    run: Callable[[Bench], list[Cell]]
    group: Literal["main", "sweeps"] = "main"


@dataclass
class Bench:
    """One side in one round: starts its servers and measures them.

    `scale` makes the large cases smaller (0.01: 10,000 keys instead of a million).
    """

    side: Side
    round: int
    seconds: int
    scale: float = 1.0
    data: Path | None = None
    tell: Callable[[str], None] = field(default=lambda text: None)

    def scaled(self, number: int) -> int:
        return max(int(number * self.scale), 10)

    def cell(self, row: str, value: float) -> Cell:
        return Cell(row=row, side=self.side, round=self.round, value=value)

    def cluster(self, size: int = 3, flags: Sequence[str] = ()) -> Cluster:
        """Members that `with` starts and ends."""
        return Cluster(self.side, size, self.data, flags)

    def load(
        self,
        member: Member,
        directory: str,
        keys: int,
        size: int,
        per_directory: int = 0,
        connections: int = wrk.LOAD_CONNECTIONS,
    ) -> None:
        """Writes each key once, telling how far it is."""

        def tell(loaded: int) -> None:
            self.tell(f"{loaded:,} of {keys:,} keys")

        wrk.load(
            member.port, directory, keys, size, per_directory, connections=connections, tell=tell
        )

    def saturate(
        self,
        row: str,
        cluster: Cluster,
        script: str,
        *arguments: object,
        connections: int,
        member: Member | None = None,
        headers: Sequence[str] = (),
    ) -> Cell:
        """wrk against the leader, or against `member`, as a cell of good answers a second."""
        port = (member or cluster.leader()).port
        with self.watched(cluster) as spent:
            figures = wrk.run(
                port,
                script,
                arguments,
                connections=connections,
                seconds=self.seconds,
                headers=headers,
            )
        cell = self.cell(row, figures.rate)
        cell.requests, cell.errors = figures.requests, figures.errors
        cell.p50_ms, cell.p99_ms = figures.p50_ms, figures.p99_ms
        spent.into(cell, figures.requests)
        return cell

    @contextmanager
    def watched(self, cluster: Cluster) -> Iterator[Spent]:
        """Measures processor time and the disk's latency during the `with`."""
        spent = Spent(os.getloadavg()[0])
        before = [procfs.cpu_seconds(member.pid) for member in cluster.members]
        with FsyncProbe(cluster.directory) as probe:
            yield spent
        for member, start in zip(cluster.members, before, strict=True):
            spent.cpu_seconds[member.name] = procfs.cpu_seconds(member.pid) - start
        spent.fsync_ms = probe.percentile(50), probe.percentile(99)


@dataclass
class Spent:
    """What a measurement cost: processor seconds of each member, the disk's p50 and p99 in ms."""

    load: float
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    fsync_ms: tuple[float | None, float | None] = (None, None)

    def into(self, cell: Cell, requests: int) -> None:
        """Notes it in a cell of so many requests."""
        cell.load = self.load
        cell.fsync_p50_ms, cell.fsync_p99_ms = self.fsync_ms
        if requests:
            each = {name: used / requests * 1e6 for name, used in self.cpu_seconds.items()}
            cell.cpu_us = each
