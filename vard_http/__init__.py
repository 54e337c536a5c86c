"""An etcd v2 compatible key-value server: Raft after Verdi, storage in SQLite, HTTP by aiohttp."""

__version__ = "0.1.0"

ETCD_VERSION = "3.4.23"
"""The etcd whose v2 API is served; what /version reports to clients."""
