"""A client of etcd's v2 API, for vard_http and etcd: `Client` blocks, `AsyncClient` is for asyncio.

docs/client.md tells how to use it. aiohttp, which takes a while, is imported with `AsyncClient`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vard_http.client.blocking import Client
from vard_http.client.blocking_locks import Election, Lock
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
    NotHeld,
    OutcomeUnknown,
    RaftInternal,
    RootReadOnly,
    Unauthorized,
)
from vard_http.client.model import Health, Member, Node, Response, Result, Role, User, Version
from vard_http.client.tls import Tls
from vard_http.client.watching import Item, Resync

if TYPE_CHECKING:
    from vard_http.client.asynchronous import AsyncClient
    from vard_http.client.asynchronous_locks import AsyncElection, AsyncLock
    from vard_http.client.asynchronous_watch import AsyncWatch

__all__ = [
    "ApiError",
    "AsyncClient",
    "AsyncElection",
    "AsyncLock",
    "AsyncWatch",
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

_ASYNCHRONOUS = {
    "AsyncClient": "asynchronous",
    "AsyncElection": "asynchronous_locks",
    "AsyncLock": "asynchronous_locks",
    "AsyncWatch": "asynchronous_watch",
}


def __getattr__(name: str) -> Any:
    if name not in _ASYNCHRONOUS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_ASYNCHRONOUS[name]}"), name)
