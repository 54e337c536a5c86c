"""Which path and method lead where (contract 1.1 to 1.4)."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vard_http.api.answers import Answer
from vard_http.api.endpoints import ENDPOINTS
from vard_http.api.request import Handler, Request
from vard_http.api.routes import Keys, Other, Route, route
from vard_http.api.service import Service
from vard_http.api.urls import UrlError, without_port

METHODS = (b"HEAD", b"GET", b"PUT", b"POST", b"DELETE")


class Routed:
    """What `route` wants of a Service."""

    def __init__(self, *, v2: bool = True, hosts: tuple[bytes, ...] = ()) -> None:
        self.v2 = v2
        self._hosts = hosts

    def is_misdirected(self, host: bytes) -> bool:
        return bool(self._hosts) and without_port(host) not in self._hosts

    def mounted(self, path: bytes) -> Handler | None:
        return mounted if path == b"/mounted" or path.startswith(b"/mounted/") else None


async def mounted(_: Service, __: Request) -> Answer:
    return Answer(200, ())


def routed(
    method: bytes, target: bytes, host: bytes | None = b"h", service: Routed | None = None
) -> Route:
    return route(cast(Service, service or Routed()), method, target, host)


def answered(
    method: bytes, target: bytes, host: bytes | None = b"h", service: Routed | None = None
) -> Answer:
    answer = routed(method, target, host, service)
    assert isinstance(answer, Answer)
    return answer


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/v2/keys", b"/v2/keys", b""),
        (b"/v2/keys/", b"/v2/keys/", b""),
        (b"/v2/keys/a/b", b"/v2/keys/a/b", b""),
        (b"/v2/keys/a?x=%zz", b"/v2/keys/a", b"x=%zz"),
        (b"/v2/keys/d%2Fe", b"/v2/keys/d/e", b""),
        (b"/v2%2Fkeys/a", b"/v2/keys/a", b""),
        (b"/v2/keys/a#b", b"/v2/keys/a#b", b""),
        (b"http://other:9/v2/keys/a", b"/v2/keys/a", b""),
    ],
)
def test_keys(method: bytes, target: bytes, path: bytes, query: bytes) -> None:
    assert routed(method, target) == Keys(path, query)


@pytest.mark.parametrize(
    ("target", "location"),
    [
        (b"/v2/keys//a", b"/v2/keys/a"),
        (b"/v2/keys/a%2F%2Fb", b"/v2/keys/a/b"),
        (b"/v2/keys/%2e%2e/x?q=%20", b"/v2/x?q=%20"),
        (b"/v2/keys//a%20b", b"/v2/keys/a%20b"),
        (b"/v2/keys/../members", b"/v2/members"),
        ("/v2/keys//ü?ü".encode(), b"/v2/keys/%C3%BC?%c3%bc"),
    ],
)
def test_paths_that_are_not_clean_are_redirected(target: bytes, location: bytes) -> None:
    for method in (*METHODS, b"FOO"):
        answer = answered(method, target)
        assert answer.status == 301
        assert (b"Location", location) in answer.pairs


@pytest.mark.parametrize(
    "target", [b"/", b"/v2", b"/v2/", b"/v2/keysfoo", b"/V2/keys", b"/v2/stats/self/", b"/members"]
)
def test_other_paths_are_not_found(target: bytes) -> None:
    assert answered(b"GET", target).body == b"404 page not found\n"


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        (b"FOO", b"/v2/keys", b"HEAD,GET,PUT,POST,DELETE"),
        (b"get", b"/v2/keys/a", b"HEAD,GET,PUT,POST,DELETE"),
        (b"HEAD", b"/v2/members", b"GET,POST,DELETE,PUT"),
        (b"PUT", b"/v2/machines", b"GET,HEAD"),
        (b"HEAD", b"/version", b"GET"),
    ],
)
def test_methods_that_are_refused(method: bytes, target: bytes, allowed: bytes) -> None:
    answer = answered(method, target)
    assert answer.status == 405
    assert dict(answer.pairs)[b"Allow"] == allowed


@pytest.mark.parametrize("target", [b"/nope", b"/v2//keys", b"/v2/keys/a", b"/v2/members"])
def test_options_are_answered_anywhere(target: bytes) -> None:
    assert answered(b"OPTIONS", target) == Answer(200, ())


def test_the_asterisk_is_for_options_only() -> None:
    assert answered(b"OPTIONS", b"*").status == 200
    refused = answered(b"PUT", b"*")
    assert (refused.status, refused.close) == (400, True)


def test_connect_to_a_host_is_not_found() -> None:
    assert answered(b"CONNECT", b"h:1").status == 404


@pytest.mark.parametrize("path", sorted(ENDPOINTS))
def test_every_endpoint_is_found(path: bytes) -> None:
    found = routed(b"GET", path)
    if isinstance(found, Other):
        assert found.path == path
    else:
        assert b"GET" not in ENDPOINTS[path].methods
    if path.endswith(b"/"):
        assert routed(b"GET", path + b"x") == Other(ENDPOINTS[path].handler, path + b"x", b"")


def test_without_v2_there_is_nothing_below_it() -> None:
    service = Routed(v2=False)
    for target in (b"/v2/keys/a", b"/v2/members", b"/v2/auth/users"):
        assert answered(b"GET", target, service=service).status == 404
    assert isinstance(routed(b"GET", b"/version", service=service), Other)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"good", 200),
        (b"good:1", 200),
        (b"::1", 200),
        (b"[::1]", 421),
        (b"[::1]:1", 200),
        (b"Good", 421),
        (b"", 421),
    ],
)
def test_hosts_outside_the_whitelist_are_told_so(host: bytes, status: int) -> None:
    service = Routed(hosts=(b"good", b"::1"))
    answer = answered(b"OPTIONS", b"/", host, service)
    assert answer.status == status
    if status == 421:
        assert not answer.cors
        assert answer.body.startswith(b"\netcd received your request, but the Host header was")
        assert b'--host-whitelist "%b"\n' % without_port(host) in answer.body
        assert answer.body.endswith(b"(CVE-2018-5702).\n\n")
        assert (b"X-Content-Type-Options", b"nosniff") in answer.headers
    assert answered(b"OPTIONS", b"/", None, service).status == 200


def outcome(method: bytes, target: bytes) -> Route | str:
    try:
        return routed(method, target)
    except UrlError as error:
        return str(error)


SEGMENTS = st.sampled_from(
    [b"a", b"Z9", b".", b"..", b"...", b"_", b"a.b", b"~-", b"%41", b"%", b""]
)


@given(
    st.sampled_from([*METHODS, b"OPTIONS", b"FOO"]),
    st.lists(SEGMENTS, max_size=4).map(b"/".join),
    st.sampled_from([b"/v2/keys/", b"/v2/keys", b"/v2/", b"/"]),
)
@example(b"GET", b"a/b/", b"/v2/keys/")
@example(b"GET", b".a/..b", b"/v2/keys/")
def test_the_shortcut_for_plain_keys_agrees_with_the_general_path(
    method: bytes, key: bytes, prefix: bytes
) -> None:
    # An empty query changes nothing, but takes no shortcut.
    assert outcome(method, prefix + key) == outcome(method, prefix + key + b"?")


@pytest.mark.parametrize("method", [*METHODS, b"OPTIONS", b"PATCH"])
@pytest.mark.parametrize("path", [b"/mounted", b"/mounted/", b"/mounted/v2/keys/a"])
def test_all_below_a_mounted_path_is_its_handlers(method: bytes, path: bytes) -> None:
    assert routed(method, path + b"?q=1") == Other(mounted, path, b"q=1")


@pytest.mark.parametrize("target", [b"/mounted2", b"/mounted/../other", b"/mounted/%2e%2e/other"])
def test_a_path_beside_a_mounted_one_is_not(target: bytes) -> None:
    assert answered(b"GET", target).status in (301, 404)
