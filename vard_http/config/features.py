"""Settings that this version carries but cannot honour, so that the command refuses to start."""

from vard_http.config.model import ACTIVE, Config
from vard_http.config.urls import scheme_of


def missing_features(config: Config) -> tuple[str, ...]:
    """One line for each setting that asks for a feature this version does not have; empty if none.

    A server must not start when this is not empty: it would run without the bootstrap or
    the recovery that its operator asked for.
    """
    return (*_planned_settings(config), *_url_schemes(config))


def _planned_settings(config: Config) -> list[str]:
    defaults = Config()
    return [
        f"--{one.name} asks for {one.planned}, which this version does not have"
        for one in ACTIVE
        if one.planned and _value(config, one.name) != _value(defaults, one.name)
    ]


def _url_schemes(config: Config) -> list[str]:
    members = config.initial_cluster.values()
    lists = {
        "listen-peer-urls": config.listen_peer_urls,
        "listen-client-urls": config.listen_client_urls,
        "listen-metrics-urls": config.listen_metrics_urls,
        "initial-advertise-peer-urls": config.initial_advertise_peer_urls,
        "advertise-client-urls": config.advertise_client_urls,
        "initial-cluster": tuple(url for urls in members for url in urls),
    }
    return [
        f"--{name} has {url}, which needs unix sockets: this version does not have them"
        for name, urls in lists.items()
        for url in urls
        if scheme_of(url) in ("unix", "unixs")
    ]


def _value(config: Config, name: str) -> object:
    value: object = getattr(config, name.replace("-", "_"))
    return value
