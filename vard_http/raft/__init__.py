"""Consensus: Raft after Verdi's Raft.v, pure. docs/raft.md lists where it departs and why."""

from vard_http.raft.configuration import (
    Change,
    ChangeRefused,
    ConfigurationData,
    decode_data,
    encode_change,
    encode_data,
)
from vard_http.raft.core import Raft
from vard_http.raft.messages import (
    CONFIGURATION,
    NOBODY,
    NOOP,
    NORMAL,
    AnyMessage,
    AppendEntries,
    Chunk,
    Configuration,
    Entry,
    HardState,
    InstallSnapshot,
    Proposal,
    ReadState,
    Ready,
    SnapshotMeta,
)
from vard_http.raft.state import Recovered, Role, Settings

__all__ = [
    "CONFIGURATION",
    "NOBODY",
    "NOOP",
    "NORMAL",
    "AnyMessage",
    "AppendEntries",
    "Change",
    "ChangeRefused",
    "Chunk",
    "Configuration",
    "ConfigurationData",
    "Entry",
    "HardState",
    "InstallSnapshot",
    "Proposal",
    "Raft",
    "ReadState",
    "Ready",
    "Recovered",
    "Role",
    "Settings",
    "SnapshotMeta",
    "decode_data",
    "encode_change",
    "encode_data",
]
