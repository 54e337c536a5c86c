"""What a node counts for /metrics; the API reads it when it is asked."""

from __future__ import annotations

from collections import deque
from typing import Final

from vard_http.node.measures import DISK_SECONDS, ROUND_TRIP_SECONDS, Histogram

LEADERS_KEPT: Final = 100


class Metrics:
    """Counters and histograms, all since the process started.

    `wal_fsync` is each durable append to the log, `backend_commit` each checkpoint that brings
    the log's pages into the database, `snapshot_save` each whole snapshot, in slices and with what
    ran in between. `round_trips` is by member, as the kernel's TCP has measured it. `leaders` are
    the latest changes of the leader that this node knew of: time.time_ns(), term, and its id or
    NOBODY.
    """

    __slots__ = (
        "backend_commit",
        "leader_changes",
        "leaders",
        "proposals_failed",
        "reads_failed",
        "round_trips",
        "snapshot_save",
        "wal_fsync",
    )

    def __init__(self) -> None:
        self.leader_changes = 0
        self.leaders: deque[tuple[int, int, int]] = deque(maxlen=LEADERS_KEPT)
        self.proposals_failed = 0
        self.reads_failed = 0
        self.wal_fsync = Histogram(DISK_SECONDS)
        self.backend_commit = Histogram(DISK_SECONDS)
        self.snapshot_save = Histogram(DISK_SECONDS)
        self.round_trips: dict[int, Histogram] = {}

    def round_trip(self, member: int, seconds: float) -> None:
        """Note how long a round trip to `member` takes now."""
        if member not in self.round_trips:
            self.round_trips[member] = Histogram(ROUND_TRIP_SECONDS)
        self.round_trips[member].observe(seconds)
