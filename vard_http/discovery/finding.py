"""From a configuration that asks for discovery to one that states the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import aiohttp

from vard_http.config import Config, check_bootstrap, member_id
from vard_http.discovery.client import Client
from vard_http.discovery.errors import ClusterFull, DiscoveryError
from vard_http.discovery.registry import Registry
from vard_http.discovery.srv import look_up, members_in_dns, resolve_address
from vard_http.govalues import quote


async def discovered(config: Config) -> Config:
    """`config` with the cluster that its settings lead to, after registering with a service.

    A configuration without discovery stays as it is. With --discovery the URL is the cluster's
    token, as in etcd. Raises ConfigError, DiscoveryError, and ClusterFull if nobody else may join.
    """
    if config.discovery:
        check_bootstrap(config)
        own = member_id(config.initial_advertise_peer_urls, config.discovery)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            try:
                registry = Registry(_client(session, config), own)
                members = await registry.join(config.name, config.initial_advertise_peer_urls)
            except ClusterFull:
                raise
            except DiscoveryError as error:
                raise DiscoveryError(_explained(config, error)) from error
        return replace(_stated(config, members), initial_cluster_token=config.discovery)
    if config.discovery_srv:
        members = await _in_dns(config)
        if config.name not in members:
            raise DiscoveryError(
                "error setting up initial cluster: cannot find local etcd member"
                f" {quote(config.name)} in SRV records"
            )
        return _stated(config, members)
    return config


async def peer_urls_of(config: Config) -> list[str]:
    """All peer URLs of the cluster, for one who will be no member. Raises DiscoveryError."""
    members = config.initial_cluster
    if config.discovery:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            members = await Registry(_client(session, config), 0).members()
    elif config.discovery_srv:
        members = await _in_dns(config)
    return sorted(url for urls in members.values() for url in urls)


def _client(session: aiohttp.ClientSession, config: Config) -> Client:
    return Client(session, config.discovery, config.discovery_proxy)


async def _in_dns(config: Config) -> Mapping[str, tuple[str, ...]]:
    return await members_in_dns(
        config.discovery_srv,
        config.discovery_srv_name,
        config.name,
        config.initial_advertise_peer_urls,
        look_up,
        resolve_address,
    )


def _stated(config: Config, members: Mapping[str, tuple[str, ...]]) -> Config:
    return replace(
        config, discovery="", discovery_srv="", initial_cluster=MappingProxyType(dict(members))
    )


def _explained(config: Config, error: DiscoveryError) -> str:
    advice = "generate a new discovery token and try to bootstrap again"
    if str(error) == "discovery: found duplicate id":
        advice = f"there is no data of this member in {config.data_dir}; if it is lost, {advice}"
    return f"failed to join discovery cluster ({error}); {advice}"
