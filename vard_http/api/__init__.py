"""HTTP: what clients and strangers see of a node."""

from vard_http.api.frontend import Frontend
from vard_http.api.limits import Limits
from vard_http.api.listening import Bound, Listener, bind, protocol_factory, serve
from vard_http.api.monitoring import Monitoring
from vard_http.api.peers import make_peer_app
from vard_http.api.service import Service

__all__ = [
    "Bound",
    "Frontend",
    "Limits",
    "Listener",
    "Monitoring",
    "Service",
    "bind",
    "make_peer_app",
    "protocol_factory",
    "serve",
]
