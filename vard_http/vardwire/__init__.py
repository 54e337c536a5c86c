"""vard's own wire protocol, for its clients and its benchmark (docs/vard-protocol.md)."""

from vard_http.vardwire.clients import VardClients

__all__ = ["VardClients"]
