"""A client of etcd's v2 API, for vard_http and etcd: `Client` blocks."""

from vard_http.client.blocking import Client
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

__all__ = [
    "ApiError",
    "Client",
    "ClientError",
    "ClusterUnavailable",
    "CompareFailed",
    "DirectoryNotEmpty",
    "EtcdError",
    "EventIndexCleared",
    "Health",
    "InvalidAnswer",
    "InvalidRequest",
    "KeyNotFound",
    "Member",
    "Node",
    "NodeExists",
    "NotDirectory",
    "NotFile",
    "OutcomeUnknown",
    "RaftInternal",
    "Response",
    "Result",
    "Role",
    "RootReadOnly",
    "Tls",
    "Unauthorized",
    "User",
    "Version",
]
