"""Whose certificate it is: names in what ssl's `getpeercert()` returns.

The rules are those of Go's crypto/x509 and of etcd's pkg/transport.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterable, Mapping
from typing import Any

Certificate = Mapping[str, Any]
"""As `ssl.SSLObject.getpeercert()` gives it; empty if there is none."""


def common_name(certificate: Certificate) -> str:
    """The subject's CN, the last if there are several; empty without one."""
    found = [
        value
        for part in certificate.get("subject", ())
        for key, value in part
        if key == "commonName"
    ]
    return str(found[-1]) if found else ""


def caller_names(transport: asyncio.BaseTransport) -> tuple[bytes, ...]:
    """The CN of the verified certificate at the other end, if one with a name was shown there."""
    name = common_name(transport.get_extra_info("peercert") or {})
    return (name.encode(),) if name else ()


def is_valid_for(certificate: Certificate, host: str) -> bool:
    """Whether the certificate's alternative names include `host`, a name or an IP address."""
    with contextlib.suppress(ValueError):
        wanted = ipaddress.ip_address(host.strip("[]"))
        return any(ipaddress.ip_address(own) == wanted for own in _ip_addresses(certificate))
    name = host.lower().removesuffix(".")
    return any(_matches(pattern.lower(), name) for pattern in _dns_names(certificate))


async def names_address(certificate: Certificate, address: str) -> bool:
    """Whether a caller from IP `address` may show this certificate.

    He may if the certificate names no host at all, the address itself, or a name that belongs to
    the address: one it resolves to, or one that resolves to it.
    """
    names = list(_dns_names(certificate))
    if not names and not any(_ip_addresses(certificate)):
        return True
    return is_valid_for(certificate, address) or await _belongs(address, names)


def _names(certificate: Certificate, kind: str) -> Iterable[str]:
    names = certificate.get("subjectAltName", ())
    return (value.strip() for found, value in names if found == kind)


def _dns_names(certificate: Certificate) -> Iterable[str]:
    return _names(certificate, "DNS")


def _ip_addresses(certificate: Certificate) -> Iterable[str]:
    return _names(certificate, "IP Address")


def _matches(pattern: str, name: str) -> bool:
    """A `*` stands for the whole first label, and for no other."""
    pattern = pattern.removesuffix(".")
    first, dot, rest = pattern.partition(".")
    if first == "*" and dot:
        label, _, others = name.partition(".")
        return bool(label) and others == rest
    return bool(name) and pattern == name


async def _belongs(address: str, names: Iterable[str]) -> bool:
    loop = asyncio.get_running_loop()
    suffixes = [name[1:] for name in names if name.startswith("*.")]
    plain = [name for name in names if not name.startswith("*.")]
    with contextlib.suppress(OSError):
        found, _ = await loop.getnameinfo((address, 0), socket.NI_NAMEREQD)
        if found in plain or any(found.endswith(suffix) for suffix in suffixes):
            return True
    for name in plain:
        with contextlib.suppress(OSError):
            if any(one[4][0] == address for one in await loop.getaddrinfo(name, None)):
                return True
    return False
