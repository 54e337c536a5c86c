"""Flags that change what clients get: the same requests and flags for vard_http and etcd."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.cluster.client import wait_until
from tests.conformance.runner import Runner, story
from tests.conformance.side import Side
from tests.conformance.steps import Ask, Broken, Step
from tests.harness.processes import Server
from tests.harness.wire import FORM, ConnectionEnded, request_bytes

pytestmark = pytest.mark.etcd


@dataclass(frozen=True)
class Case:
    """Flags, and requests whose answers they may change."""

    flags: tuple[str, ...]
    steps: tuple[Step, ...]


def ask(method: str, target: str, **headers: str) -> Ask:
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return Ask("flag", request_bytes(method, target, named), method)


def put(form: str) -> Ask:
    data = request_bytes("PUT", "/v2/keys/k", {"Content-Type": FORM}, form.encode())
    return Ask("flag", data, "PUT")


def old_style(target: str) -> Broken:
    """HTTP/1.0 without a Host."""
    return Broken("flag", f"GET {target} HTTP/1.0\r\n\r\n".encode())


TARGETS = ("/v2/keys/none", "/version", "/nope", "/v2/keys//a", "/v2/stats/self/")
ORIGINS = ("http://a:1", "http://b:2", "http://c:3", "http://A:1", "http://a:1/", "http://a", "")
HOSTS = (
    "good",
    "Good",
    "good:99",
    "127.0.0.1",
    "127.0.0.1:1",
    "[::1]",
    "[::1]:2",
    "x.good",
    "::1",
    "",
)

CASES = {
    "cors": Case(
        ("--cors=http://b:2,http://a:1",),
        (
            *(ask("GET", "/v2/keys/none", origin=origin) for origin in ORIGINS),
            *(ask("GET", target, origin="http://a:1") for target in TARGETS),
            *(ask("OPTIONS", target, origin="http://b:2") for target in TARGETS),
            ask("OPTIONS", "/v2/keys", origin="http://c:3"),
            ask("POST", "/version", origin="http://a:1"),
            ask("GET", "/v2/keys/none"),
        ),
    ),
    "host-whitelist": Case(
        ("--host-whitelist=good,127.0.0.1,::1",),
        (
            *(ask("GET", "/v2/keys/none", host=host) for host in HOSTS),
            *(ask("GET", target, host="evil<b>%22") for target in TARGETS),
            *(ask("OPTIONS", target, host="bad:1") for target in TARGETS),
            ask("PUT", "/v2/keys/none", host="bad"),
            old_style("/v2/keys/none"),
        ),
    ),
    "enable-v2": Case(
        ("--enable-v2=false",),
        tuple(
            ask(method, target)
            for method in ("GET", "PUT", "OPTIONS", "PATCH")
            for target in (
                *("/v2/keys", "/v2/keys/a", "/v2//keys", "/v2/members", "/v2/machines"),
                *("/v2/stats/self", "/v2/stats/store", "/v2/auth/users", "/v2/auth/enable"),
                *("/version", "/health", "/", "/v2"),
            )
        ),
    ),
    "max-request-bytes": Case(
        ("--max-request-bytes=99999999",),
        (
            put("value=" + "x" * ((10 << 20) - 6)),
            put("value=" + "x" * ((10 << 20) - 5)),
            put("value=" + "x" * ((10 << 20) + 100)),
            put("ttl=99&value=" + "%20" * 1_200_000),
        ),
    ),
}


@contextmanager
def both(flags: Sequence[str]) -> Iterator[Runner]:
    with (
        Server("etcd", extra_flags=flags) as left,
        Server("vard", extra_flags=[*flags]) as right,
    ):
        for server in (left, right):
            server.spawn()
        for server in (left, right):
            wait_until(lambda server=server: is_settled(server), "it serves")  # type: ignore[misc]
        yield Runner(Side("etcd", left), Side("vard", right))


def is_settled(server: Server) -> bool:
    """Whether the cluster version, the last of the first entries, is known."""
    try:
        with server.connect() as connection:
            headers = {"Host": "good"}
            return b"not_decided" not in connection.request("GET", "/version", headers).body
    except (OSError, ConnectionEnded):
        return False


@pytest.mark.parametrize("name", CASES)
def test_vard_answers_like_etcd(name: str) -> None:
    case = CASES[name]
    with both(case.flags) as pair:
        for step in case.steps:
            difference = pair.replay_one(step)
            assert difference is None, story(difference, ("etcd", "vard"))
