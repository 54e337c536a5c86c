"""Finding the other members of a new cluster: by a discovery service, or in DNS (contract 17)."""

from vard_http.discovery.errors import ClusterFull, DiscoveryError
from vard_http.discovery.finding import discovered, peer_urls_of

__all__ = ["ClusterFull", "DiscoveryError", "discovered", "peer_urls_of"]
