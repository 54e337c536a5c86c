"""A member at work; see `node`."""

from vard_http.node.cluster import Cluster, Member
from vard_http.node.node import Node, NodeSettings
from vard_http.node.pending import Done, Outcome
from vard_http.node.start import StartError, start_node

__all__ = [
    "Cluster",
    "Done",
    "Member",
    "Node",
    "NodeSettings",
    "Outcome",
    "StartError",
    "start_node",
]
