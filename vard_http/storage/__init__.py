"""One SQLite file a node: its log, term and vote, and snapshots, made durable before any answer."""

from vard_http.storage.errors import StorageError, StorageFailed
from vard_http.storage.opening import exists, open_storage
from vard_http.storage.storage import SnapshotWriter, Storage
from vard_http.storage.types import Identity, Recovered

__all__ = [
    "Identity",
    "Recovered",
    "SnapshotWriter",
    "Storage",
    "StorageError",
    "StorageFailed",
    "exists",
    "open_storage",
]
