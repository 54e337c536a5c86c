"""Settings that this version carries but cannot honour, so that the command refuses to start."""

from vard_http.config.model import Config
from vard_http.config.urls import scheme_of


def missing_features(config: Config) -> tuple[str, ...]:
    """One line for each setting that asks for a feature this version does not have; empty if none.

    A server must not start when this is not empty: it would not serve all that it was asked to.
    """
    members = config.initial_cluster.values()
    lists = {
        "listen-peer-urls": config.listen_peer_urls,
        "initial-advertise-peer-urls": config.initial_advertise_peer_urls,
        "initial-cluster": tuple(url for urls in members for url in urls),
    }
    return tuple(
        f"--{name} has {url}: unix sockets are for clients, members reach each other by TCP"
        for name, urls in lists.items()
        for url in urls
        if scheme_of(url) in ("unix", "unixs")
    )
