"""Why a cluster was not discovered."""


class DiscoveryError(Exception):
    """The cluster cannot be found, and asking again would not help; the message is etcd's."""


class ClusterFull(DiscoveryError):
    """As many members as the cluster is to have have registered before this one."""

    def __init__(self) -> None:
        super().__init__("discovery: cluster is full")
