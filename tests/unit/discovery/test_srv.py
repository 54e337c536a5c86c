"""Members found in DNS, by a server on loopback that knows a few records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import cast

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from vard_http.discovery.errors import DiscoveryError
from vard_http.discovery.srv import LookupFailed, Target, look_up, members_in_dns

PLAIN = "_etcd-server._tcp.example.com."
SECURE = "_etcd-server-ssl._tcp.example.com."


class NameServer(asyncio.DatagramProtocol):
    """Answers with the SRV records it has; other names do not exist."""

    def __init__(self, records: dict[str, list[str]]) -> None:
        self._records = records

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str | int, int]) -> None:
        query = dns.message.from_wire(data)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        name = str(query.question[0].name)
        if records := self._records.get(name):
            response.answer.append(dns.rrset.from_text_list(name, 60, "IN", "SRV", records))
        else:
            response.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(response.to_wire(), address)


@pytest.fixture
def records() -> dict[str, list[str]]:
    return {}


@pytest.fixture
async def resolver(
    records: dict[str, list[str]],
) -> AsyncIterator[dns.asyncresolver.Resolver]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: NameServer(records), local_addr=("127.0.0.1", 0)
    )
    asking = dns.asyncresolver.Resolver(configure=False)
    asking.nameservers = ["127.0.0.1"]
    asking.port = transport.get_extra_info("sockname")[1]
    yield asking
    transport.close()


async def resolve(address: str) -> str:
    """Hosts a, b and c of example.com have addresses, others have none."""
    host, _, port = address.partition(":")
    numbers = {"a.example.com": 1, "b.example.com": 2, "c.example.com": 3}
    if host not in numbers:
        raise OSError("no such host")
    return f"10.0.0.{numbers[host]}:{port}"


async def members(
    resolver: dns.asyncresolver.Resolver, suffix: str = "", own: str = "http://b.example.com:2380"
) -> dict[str, tuple[str, ...]]:
    look = partial(look_up, resolver=resolver)
    return dict(await members_in_dns("example.com", suffix, "me", [own], look, resolve))


async def test_records_are_sorted_by_priority(
    records: dict[str, list[str]], resolver: dns.asyncresolver.Resolver
) -> None:
    records[PLAIN] = ["20 0 2380 b.example.com.", "10 0 2390 a.example.com."]
    assert await look_up(PLAIN, resolver) == [
        Target("a.example.com", 2390),
        Target("b.example.com", 2380),
    ]


async def test_the_own_record_has_the_name_and_others_have_numbers(
    records: dict[str, list[str]], resolver: dns.asyncresolver.Resolver
) -> None:
    records[PLAIN] = [f"{n} 0 2380 {host}.example.com." for n, host in enumerate("abc")]
    assert await members(resolver) == {
        "0": ("http://a.example.com:2380",),
        "me": ("http://b.example.com:2380",),
        "1": ("http://c.example.com:2380",),
    }


async def test_secure_and_plain_services_are_added_up(
    records: dict[str, list[str]], resolver: dns.asyncresolver.Resolver
) -> None:
    records[SECURE] = ["0 0 2380 a.example.com."]
    records[PLAIN] = ["0 0 2380 b.example.com."]
    assert await members(resolver) == {
        "0": ("https://a.example.com:2380",),
        "me": ("http://b.example.com:2380",),
    }


async def test_a_service_name_is_a_suffix(
    records: dict[str, list[str]], resolver: dns.asyncresolver.Resolver
) -> None:
    records["_etcd-server-blue._tcp.example.com."] = ["0 0 2380 b.example.com."]
    assert await members(resolver, "blue") == {"me": ("http://b.example.com:2380",)}


async def test_targets_without_an_address_are_left_out(
    records: dict[str, list[str]], resolver: dns.asyncresolver.Resolver
) -> None:
    records[PLAIN] = ["0 0 2380 gone.example.com.", "1 0 2380 b.example.com."]
    assert await members(resolver) == {"me": ("http://b.example.com:2380",)}


async def test_a_scheme_other_than_the_advertised_one_is_refused(
    records: dict[str, list[str]], resolver: dns.asyncresolver.Resolver
) -> None:
    records[PLAIN] = ["0 0 2380 b.example.com."]
    with pytest.raises(DiscoveryError, match="scheme mismatch"):
        await members(resolver, own="https://b.example.com:2380")


async def test_a_domain_without_records_is_told(resolver: dns.asyncresolver.Resolver) -> None:
    with pytest.raises(DiscoveryError) as caught:
        await members(resolver)
    for service in ("_etcd-server-ssl", "_etcd-server"):
        assert f"error querying DNS SRV records for {service} lookup" in str(caught.value)


async def test_a_silent_server_is_a_failed_lookup(resolver: dns.asyncresolver.Resolver) -> None:
    resolver.port, resolver.lifetime = 9, 0.2
    with pytest.raises(LookupFailed):
        await look_up(PLAIN, resolver)
