"""A member at work; see `node`."""

from vard_http.node.cluster import Cluster, Member
from vard_http.node.errors import NotLeader, StartError
from vard_http.node.measures import REQUEST_SECONDS, Histogram, Rate
from vard_http.node.membership import (
    MemberConflict,
    MemberRemoved,
    MembershipError,
    MemberUnknown,
)
from vard_http.node.node import Node, NodeSettings
from vard_http.node.pending import Done, Outcome
from vard_http.node.start import start_node
from vard_http.node.status import raft_status
from vard_http.node.traffic import Latency

__all__ = [
    "REQUEST_SECONDS",
    "Cluster",
    "Done",
    "Histogram",
    "Latency",
    "Member",
    "MemberConflict",
    "MemberRemoved",
    "MemberUnknown",
    "MembershipError",
    "Node",
    "NodeSettings",
    "NotLeader",
    "Outcome",
    "Rate",
    "StartError",
    "raft_status",
    "start_node",
]
