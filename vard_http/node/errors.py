"""What keeps a node from starting, or from taking a command."""

from __future__ import annotations

from vard_http.store import StoreError, errors


class StartError(Exception):
    """The node cannot start as it is configured; the message says why."""


class NotLeader(StoreError):
    """Raft.v `NotLeader`: the command is in nobody's log, and never will be."""

    def __init__(self) -> None:
        super().__init__(errors.RAFT_INTERNAL, b"etcdserver: not leader")
