"""A page of this cluster may use it by way of a browser; a page of anybody else may not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.processes import Server, start_server
from tests.harness.wire import FORM
from vard_http.node import Member
from vard_http.ui.trust import Trust

MEMBERS = (
    Member(1, ("http://10.0.0.1:2380",), "a", ("http://10.0.0.1:2379", "http://127.0.0.1:2379")),
    Member(2, ("http://b.example:2380",), "b", ("https://b.example:443",)),
    Member(3, ("http://10.0.0.3:2380",), "c", ("unix://socket:1", "http://';x:1")),
)
WHITELISTED = b"ui.example"

OURS = [
    ("http://10.0.0.1:2379", "10.0.0.9:2379"),  # another member's page
    ("https://b.example", "10.0.0.1:2379"),
    ("http://localhost:2379", "127.0.0.1:2379"),
    ("http://192.168.7.7:4001", "192.168.7.7:4001"),  # by an address that is not advertised
    ("http://localhost:4001", "localhost:4001"),
    ("http://[::1]:2379", "[::1]:2379"),
    ("http://ui.example:80", "ui.example:80"),
    ("https://b.example:8443", "b.example:8443"),
]
FOREIGN = [
    ("http://evil.example", "10.0.0.1:2379"),
    ("http://evil.example:2379", "evil.example:2379"),  # DNS rebinding: the name points here
    ("http://10.0.0.1:2378", "10.0.0.1:2379"),
    ("https://10.0.0.1:2379.evil.example", "10.0.0.1:2379"),
    ("null", "10.0.0.1:2379"),
    ("", "10.0.0.1:2379"),
    ("http://10.0.0.9:2379", ""),
]


def trust() -> Trust:
    return Trust(MEMBERS, {b"*", WHITELISTED})


def headers(origin: str, host: str) -> dict[bytes, bytes]:
    return {b"origin": origin.encode(), b"host": host.encode()}


@pytest.mark.parametrize(("origin", "host"), OURS)
def test_a_page_of_the_cluster_may_read_and_write(origin: str, host: str) -> None:
    sent = headers(origin, host)
    assert trust().may_read(sent)
    assert trust().may_write(sent)
    assert (b"Access-Control-Allow-Origin", origin.encode()) in trust().cors(sent)
    assert (b"Access-Control-Allow-Origin", origin.encode()) in trust().preflight(sent)


@pytest.mark.parametrize(("origin", "host"), FOREIGN)
def test_a_foreign_page_may_not(origin: str, host: str) -> None:
    sent = headers(origin, host)
    assert not trust().may_read(sent)
    assert not trust().may_write(sent)
    assert trust().cors(sent) == trust().preflight(sent) == ((b"Vary", b"Origin"),)


@pytest.mark.parametrize(
    ("site", "reads"),
    [("none", True), ("same-origin", True), ("same-site", False), ("cross-site", False)],
)
def test_a_browser_that_tells_no_origin_writes_nothing(site: str, reads: bool) -> None:
    sent = {b"sec-fetch-site": site.encode()}
    assert trust().may_read(sent) is reads
    assert not trust().may_write(sent)


def test_who_is_no_browser_may_read_and_write() -> None:
    assert trust().may_read({})
    assert trust().may_write({})


def test_only_what_a_browser_can_use_and_a_policy_can_hold_is_connectable() -> None:
    assert trust().connectable == (
        "http://10.0.0.1:2379",
        "http://127.0.0.1:2379",
        "https://b.example:443",
    )


# The same over the wire: what a browser would send for a foreign page, and what comes of it.

EVIL = "http://evil.example"
FORM_POST = {"Content-Type": FORM, "Origin": EVIL, "Sec-Fetch-Site": "cross-site"}
REQUESTS = [
    ("POST", "/ui/leader", FORM_POST),
    ("POST", "/ui/leader", {"Origin": "null", "Content-Type": "text/plain"}),
    ("POST", "/ui/leader", {}),
    ("POST", "/ui/leader", {"X-Vard-UI": "1", "Origin": EVIL}),
    ("POST", "/ui/v2/keys/forged", FORM_POST),
    ("PUT", "/ui/v2/keys/forged", {**FORM_POST, "X-Vard-UI": "1"}),
    ("DELETE", "/ui/v2/members/1", {"Origin": EVIL, "X-Vard-UI": "1"}),
    ("GET", "/ui/search?q=a", {"Sec-Fetch-Site": "cross-site"}),
    ("GET", "/ui/status", {"Origin": EVIL}),
]


@pytest.mark.parametrize(("method", "target", "sent"), REQUESTS)
def test_a_forged_request_is_refused(
    server: Server, method: str, target: str, sent: dict[str, str]
) -> None:
    with server.connect() as connection:
        answer = connection.request(method, target, sent, b"value=1" if method != "GET" else None)
        assert answer.status == 403
        assert answer.head.get("Access-Control-Allow-Origin") is None
        assert connection.request("GET", "/v2/keys/forged").status == 404


def test_a_preflight_lets_in_a_member_and_nobody_else(server: Server) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-vard-ui"}
    own = server.endpoint.client_url
    with server.connect() as connection:
        ours = connection.request("OPTIONS", "/ui/leader", {**asked, "Origin": own})
        foreign = connection.request("OPTIONS", "/ui/leader", {**asked, "Origin": EVIL})
    assert ours.head.get("Access-Control-Allow-Origin") == own
    assert "x-vard-ui" in (ours.head.get("Access-Control-Allow-Headers") or "")
    assert foreign.head.get("Access-Control-Allow-Origin") is None
    assert foreign.head.get("Access-Control-Allow-Headers") is None


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One member, whose own API is open to all origins, as etcd's is."""
    with start_server("vard") as started:
        yield started
