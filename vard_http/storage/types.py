"""What goes into storage and comes out of it, beside Raft's own data types."""

from __future__ import annotations

import msgspec

from vard_http.raft.messages import Entry, HardState, SnapshotMeta


class Identity(msgspec.Struct, frozen=True):
    """Whose data it is; both ids are unsigned 64-bit integers."""

    cluster_id: int
    node_id: int
    name: str

    def __str__(self) -> str:
        return f"member {self.node_id:x} ({self.name!r}) of cluster {self.cluster_id:x}"


class Recovered(msgspec.Struct, frozen=True):
    """What was durable when the process last stopped.

    `entries` are all those kept, without a gap up to the end of the log. The first may lie before
    the end of the snapshot, but never after the position that follows it.
    """

    hard_state: HardState
    snapshot: SnapshotMeta | None
    entries: list[Entry]
