"""The checks that matter only while the data directory holds no member yet (contract 16.3)."""

from collections import Counter
from collections.abc import Callable, Iterable

from vard_http.config.errors import ConfigError
from vard_http.config.model import Config
from vard_http.config.urls import address_of
from vard_http.govalues import quote


def check_bootstrap(config: Config, resolve: Callable[[str], str] = str) -> None:
    """Raises ConfigError (status 1) if no member may be started from these `initial-*` settings.

    To be called before anything is written, and only for an empty data directory: a member that
    exists ignores all `initial-*` settings. `resolve` turns `host:port` into `IP:port`, so that
    URLs that name one host in two ways are equal; by default they are compared as they are.
    """
    if config.discovery or config.discovery_srv:
        if config.discovery and config.initial_cluster_state == "existing":
            raise ConfigError(
                "discovery URL should not be set when joining existing initial cluster"
                f" (--discovery is {quote(config.discovery)})"
            )
        return
    if config.name not in config.initial_cluster:
        raise ConfigError(
            f"couldn't find local name {quote(config.name)} in the initial cluster configuration"
            f" (--initial-cluster is {quote(_cluster_text(config))})"
        )
    if config.initial_cluster_state == "new":
        _check_advertised_matches(config, resolve)
    urls = Counter(url for own in config.initial_cluster.values() for url in own)
    if any(count > 1 for count in urls.values()):
        raise ConfigError(f"initial cluster {_cluster_text(config)} has duplicate url")


def _check_advertised_matches(config: Config, resolve: Callable[[str], str]) -> None:
    listed, advertised = config.initial_cluster[config.name], config.initial_advertise_peer_urls
    if len(listed) == len(advertised) and (
        listed == advertised or _resolved(listed, resolve) == _resolved(advertised, resolve)
    ):
        return
    told = ",".join(advertised)
    reason = _difference(listed, advertised)
    if missing := _missing(listed, advertised):
        pairs = ",".join(f"{config.name}={url}" for url in missing)
        raise ConfigError(
            f"--initial-cluster has {pairs} but missing from"
            f" --initial-advertise-peer-urls={told} ({reason})"
        )
    if missing := _missing(advertised, listed):
        raise ConfigError(
            f"--initial-advertise-peer-urls has {','.join(missing)} but missing from"
            f" --initial-cluster={_pairs(config.name, listed)}"
        )
    raise ConfigError(
        f"failed to resolve {told} to match --initial-cluster={_pairs(config.name, listed)}"
        f" ({reason})"
    )


def _difference(listed: tuple[str, ...], advertised: tuple[str, ...]) -> str:
    if len(listed) != len(advertised):
        first, second = (" ".join(map(quote, urls)) for urls in (advertised, listed))
        return f"len([{first}]) != len([{second}])"
    one, other = next(pair for pair in zip(advertised, listed, strict=True) if pair[0] != pair[1])
    return f"resolved urls: {quote(one)} != {quote(other)}"


def _missing(wanted: Iterable[str], present: Iterable[str]) -> list[str]:
    return sorted(set(wanted) - set(present))


def _resolved(urls: Iterable[str], resolve: Callable[[str], str]) -> list[str]:
    return sorted(url.replace(address_of(url), resolve(address_of(url))) for url in urls)


def _pairs(name: str, urls: Iterable[str]) -> str:
    return ",".join(f"{name}={url}" for url in urls)


def _cluster_text(config: Config) -> str:
    return ",".join(_pairs(name, urls) for name, urls in sorted(config.initial_cluster.items()))
