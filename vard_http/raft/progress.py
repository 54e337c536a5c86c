"""What a leader knows of one other server (Raft.v `nextIndex`, `matchIndex`)."""

from __future__ import annotations

from collections import deque
from typing import Literal

from vard_http.raft.messages import SnapshotMeta

Mode = Literal["probe", "replicate", "snapshot"]

MAX_INFLIGHT = 256


class Progress:
    """Replication towards one server.

    probe: the common point is unknown; one message at a time, and then wait.
    replicate: entries are sent optimistically, `next_index` runs ahead of `match_index`, with at
        most MAX_INFLIGHT messages unanswered.
    snapshot: the entries that it needs are compacted; chunks are sent one by one.

    `proposed` is the last entry that came from the server's own clients.
    """

    __slots__ = (
        "chunk",
        "commit_sent",
        "contact",
        "inflight",
        "match_index",
        "mode",
        "next_index",
        "proposed",
        "read_round",
        "read_sent",
        "sent_at",
        "snapshot",
        "waiting",
    )

    def __init__(self, next_index: int, now: int) -> None:
        self.next_index = next_index
        self.match_index = 0
        self.mode: Mode = "probe"
        self.waiting = False
        self.inflight: deque[int] = deque()
        self.contact = now
        self.commit_sent = 0
        self.proposed = 0
        self.read_round = 0
        self.read_sent = 0
        self.snapshot: SnapshotMeta | None = None
        self.chunk = 0
        self.sent_at = now

    @property
    def paused(self) -> bool:
        """Whether entries must wait for an answer first."""
        if self.mode == "replicate":
            return len(self.inflight) >= MAX_INFLIGHT
        return self.waiting

    def accepted(self, index: int) -> None:
        """It has everything up to `index`."""
        self.match_index = max(self.match_index, index)
        self.next_index = max(self.next_index, index + 1)
        while self.inflight and self.inflight[0] <= index:
            self.inflight.popleft()

    def become_probe(self, next_index: int) -> None:
        self.mode = "probe"
        self.next_index = max(next_index, self.match_index + 1)
        self.waiting = False
        self.inflight.clear()
        self.snapshot = None

    def become_replicate(self) -> None:
        self.mode = "replicate"
        self.next_index = self.match_index + 1
        self.waiting = False
        self.inflight.clear()
        self.snapshot = None

    def become_snapshot(self, snapshot: SnapshotMeta) -> None:
        self.mode = "snapshot"
        self.snapshot = snapshot
        self.chunk = 0
        self.waiting = False
        self.inflight.clear()
