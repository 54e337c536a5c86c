"""TLS: certificates, who may connect, and servers that begin with a handshake.

A `Security` is made of the `Settings` of one side, the clients' or the peers'.
"""

from vard_http.tls.contexts import HandshakeFailed, TlsError
from vard_http.tls.names import caller_names
from vard_http.tls.security import Security
from vard_http.tls.server import TlsServer
from vard_http.tls.settings import Settings, client_settings, peer_settings

__all__ = [
    "HandshakeFailed",
    "Security",
    "Settings",
    "TlsError",
    "TlsServer",
    "caller_names",
    "client_settings",
    "peer_settings",
]
