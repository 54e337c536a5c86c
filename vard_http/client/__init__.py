"""A client of etcd's v2 API, for vard_http and etcd: `Client` blocks."""

from vard_http.client.blocking import Client
from vard_http.client.blocking_locks import Election, Lock, NotHeld
from vard_http.client.blocking_watch import Watch
from vard_http.client.electing import Leader
from vard_http.client.errors import (
    ApiError,
    ClientError,
    ClusterUnavailable,
    CompareFailed,
    DirectoryNotEmpty,
    EtcdError,
    EventIndexCleared,
    InvalidAnswer,
    InvalidRequest,
    KeyNotFound,
    NodeExists,
    NotDirectory,
    NotFile,
    OutcomeUnknown,
    RaftInternal,
    RootReadOnly,
    Unauthorized,
)
from vard_http.client.model import Health, Member, Node, Response, Result, Role, User, Version
from vard_http.client.tls import Tls
from vard_http.client.watching import Item, Resync

__all__ = [
    "ApiError",
    "Client",
    "ClientError",
    "ClusterUnavailable",
    "CompareFailed",
    "DirectoryNotEmpty",
    "Election",
    "EtcdError",
    "EventIndexCleared",
    "Health",
    "InvalidAnswer",
    "InvalidRequest",
    "Item",
    "KeyNotFound",
    "Leader",
    "Lock",
    "Member",
    "Node",
    "NodeExists",
    "NotDirectory",
    "NotFile",
    "NotHeld",
    "OutcomeUnknown",
    "RaftInternal",
    "Response",
    "Result",
    "Resync",
    "Role",
    "RootReadOnly",
    "Tls",
    "Unauthorized",
    "User",
    "Version",
    "Watch",
]
