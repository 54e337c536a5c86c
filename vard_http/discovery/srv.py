"""Finding the members of a new cluster in DNS: SRV records of a domain (contract 16.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, NamedTuple

import dns.asyncresolver
import dns.exception
import structlog

from vard_http.config.urls import address_of, host_and_port, scheme_of
from vard_http.discovery.errors import DiscoveryError

log = structlog.get_logger("discovery")

SERVICES: Final = (("etcd-server-ssl", "https"), ("etcd-server", "http"))


class Target(NamedTuple):
    """Where an SRV record leads, the host without the dot at its end."""

    host: str
    port: int


Lookup = Callable[[str], Awaitable[list[Target]]]
"""The targets of a name's SRV records, best first. Raises LookupFailed."""

Resolve = Callable[[str], Awaitable[str]]
"""`host:port` with the host's IP address. Raises OSError."""


class LookupFailed(Exception):
    """There are no such records, or nobody tells."""


async def members_in_dns(
    domain: str,
    suffix: str,
    name: str,
    peer_urls: Iterable[str],
    lookup: Lookup,
    resolve: Resolve,
) -> Mapping[str, tuple[str, ...]]:
    """Peer URLs by name: `name` for who has one of `peer_urls`, numbers for the others.

    `suffix` is --discovery-srv-name. Secure and plain services are asked for, and either will do.
    Raises DiscoveryError if neither is there.
    """
    own = await _addresses(peer_urls, resolve)
    found: dict[str, list[str]] = {}
    failures: list[str] = []
    for service, scheme in SERVICES:
        full = f"_{service}{f'-{suffix}' if suffix else ''}"
        try:
            targets = await lookup(f"{full}._tcp.{domain}")
            urls = await _urls(targets, scheme, own, resolve)
        except LookupFailed as error:
            failures.append(f"error querying DNS SRV records for {full} {error}")
            continue
        for url, is_own in urls:
            log.info(f"got bootstrap from DNS for {service} at {url}")
            found.setdefault(name if is_own else _unused(found, name), []).append(url)
    if not found:
        raise DiscoveryError(f"error setting up initial cluster: {'; '.join(failures)}")
    return {member: tuple(sorted(urls)) for member, urls in found.items()}


async def _addresses(peer_urls: Iterable[str], resolve: Resolve) -> dict[str, str]:
    """Schemes by resolved address."""
    try:
        return {await resolve(address_of(url)): scheme_of(url) for url in peer_urls}
    except OSError as error:
        raise DiscoveryError(f"error setting up initial cluster: {error}") from error


async def _urls(
    targets: Iterable[Target], scheme: str, own: Mapping[str, str], resolve: Resolve
) -> list[tuple[str, bool]]:
    """URLs and whether they are ours; targets that no address is known of are left out."""
    urls: list[tuple[str, bool]] = []
    reason = "no such host"
    for target in targets:
        host = f"[{target.host}]" if ":" in target.host else target.host
        address = f"{host}:{target.port}"
        try:
            expected = own.get(await resolve(address))
        except OSError as error:
            reason = str(error)
            continue
        if expected not in (None, scheme):
            reason = (
                f"bootstrap at {scheme}://{address} from DNS has scheme mismatch"
                f" with expected peer {expected}"
            )
            continue
        urls.append((f"{scheme}://{address}", expected is not None))
    if not urls:
        raise LookupFailed(reason)
    return urls


def _unused(found: Mapping[str, object], name: str) -> str:
    """A number that is the name of nobody yet."""
    number = 0
    while str(number) in found or str(number) == name:
        number += 1
    return str(number)


async def look_up(name: str, resolver: dns.asyncresolver.Resolver | None = None) -> list[Target]:
    """A Lookup that asks the servers of `resolver`, by default those of /etc/resolv.conf."""
    try:
        answer = await (resolver or dns.asyncresolver.Resolver()).resolve(name, "SRV")
    except dns.exception.DNSException as error:
        raise LookupFailed(f"lookup {name}: {error}") from error
    records = sorted(answer, key=lambda record: (record.priority, -record.weight))
    return [Target(str(record.target).removesuffix("."), record.port) for record in records]


async def resolve_address(address: str) -> str:
    """A Resolve that asks the system."""
    host, port = host_and_port(address)
    found = await asyncio.get_running_loop().getaddrinfo(host, port)
    return f"{found[0][4][0]}:{port}"
