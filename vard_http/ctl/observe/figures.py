"""The figures of one member at one moment, out of its /metrics and /debug/vars.

vard_http and etcd tell them under the same names; what one does not tell is None.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from vard_http.ctl.observe.exposition import Exposition
from vard_http.ctl.observe.histogram import Histogram

Role = Literal["leader", "follower", "candidate", "learner"]

NOBODY = ""
"""The leader's id while there is none."""

_ROLES: Mapping[str, Role] = {
    "StateLeader": "leader",
    "StateCandidate": "candidate",
    "StatePreCandidate": "candidate",
}


@dataclass(frozen=True, slots=True)
class RaftStatus:
    """`raft.status` of /debug/vars; ids are hexadecimal, `match` is known to the leader only."""

    id: str
    term: int
    commit: int
    applied: int
    leader: str
    state: str
    match: Mapping[str, int]

    @classmethod
    def parse(cls, text: str | bytes) -> Self | None:
        """None if a member has no status yet. Raises ValueError for anything but /debug/vars."""
        document = json.loads(text)
        if not isinstance(document, dict):
            raise ValueError("/debug/vars is no JSON object")
        status = document.get("raft.status")
        return cls._of(status) if isinstance(status, dict) and status else None

    @classmethod
    def _of(cls, status: Mapping[str, Any]) -> Self:
        try:
            progress = status.get("progress") or {}
            return cls(
                id=status["id"],
                term=int(status["term"]),
                commit=int(status["commit"]),
                applied=int(status["applied"]),
                leader=NOBODY if status["lead"] == "0" else status["lead"],
                state=status["raftState"],
                match={id: int(one["match"]) for id, one in progress.items()},
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"raft.status without {error}") from error


@dataclass(frozen=True, slots=True)
class Figures:
    """Sizes are bytes, times are seconds; counters count since the process started.

    `received` is by method (QGET is a quorum read), `connected` by the id of the other member.
    """

    id: str
    role: Role
    term: int | None
    commit: int | None
    applied: int | None
    leader: str | None
    match: Mapping[str, int]
    leader_changes: int | None
    received: Mapping[str, float]
    refused: float
    request_seconds: Histogram | None
    fsync_seconds: Histogram | None
    watchers: float | None
    pending: float | None
    cpu_seconds: float | None
    memory: float | None
    started: float | None
    database: float | None
    stored: float | None
    quota: float | None
    disk_free: float | None
    no_space: bool | None
    open_files: float | None
    max_files: float | None
    version: str
    connected: Mapping[str, bool]


def figures(metrics: Exposition, raft: RaftStatus | None) -> Figures:
    """What the two say together; without `raft` it is what the metrics say of it."""
    leads = bool(metrics.value("etcd_server_is_leader"))
    own_id = metrics.label("etcd_server_id", "server_id")
    return Figures(
        id=raft.id if raft else own_id,
        role=_role(metrics, raft),
        term=raft.term if raft else _whole(metrics.value("vard_raft_term")),
        commit=raft.commit if raft else _whole(metrics.value(_PROPOSALS.format("committed"))),
        applied=raft.applied if raft else _whole(metrics.value(_PROPOSALS.format("applied"))),
        leader=raft.leader if raft else own_id if leads else None,
        match=raft.match if raft else {},
        leader_changes=_whole(metrics.value("etcd_server_leader_changes_seen_total")),
        received=metrics.by("etcd_http_received_total", "method"),
        refused=_refused(metrics),
        request_seconds=metrics.histogram("etcd_http_successful_duration_seconds"),
        fsync_seconds=metrics.histogram("etcd_disk_wal_fsync_duration_seconds"),
        watchers=metrics.value("etcd_debugging_store_watchers"),
        pending=metrics.value("etcd_server_proposals_pending"),
        cpu_seconds=metrics.value("process_cpu_seconds_total"),
        memory=metrics.value("process_resident_memory_bytes"),
        started=metrics.value("process_start_time_seconds"),
        database=metrics.value("vard_database_size_bytes", "etcd_mvcc_db_total_size_in_bytes"),
        stored=metrics.value("vard_store_size_bytes", "etcd_mvcc_db_total_size_in_bytes"),
        quota=metrics.value("etcd_server_quota_backend_bytes"),
        disk_free=metrics.value("vard_disk_free_bytes"),
        no_space=_flag(metrics.value("vard_nospace_alarm")),
        open_files=metrics.value("process_open_fds"),
        max_files=metrics.value("process_max_fds"),
        version=_version(metrics),
        connected=_connected(metrics),
    )


_PROPOSALS = "etcd_server_proposals_{}_total"


def _role(metrics: Exposition, raft: RaftStatus | None) -> Role:
    if metrics.value("etcd_server_is_learner"):
        return "learner"
    if raft is None:
        return "leader" if metrics.value("etcd_server_is_leader") else "follower"
    return _ROLES.get(raft.state, "follower")


def _refused(metrics: Exposition) -> float:
    """Requests that failed by no fault of the client."""
    codes = metrics.by("etcd_http_failed_total", "code")
    return sum(count for code, count in codes.items() if code.startswith("5"))


def _version(metrics: Exposition) -> str:
    own = metrics.label("vard_build_info", "version")
    etcd = metrics.label("etcd_server_version", "server_version")
    return f"vard_http {own}" if own else f"etcd {etcd}" if etcd else ""


def _connected(metrics: Exposition) -> dict[str, bool]:
    peers = metrics.by("etcd_network_active_peers", "Remote")
    return {id: bool(active) for id, active in peers.items()}


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _flag(value: float | None) -> bool | None:
    return None if value is None else bool(value)
