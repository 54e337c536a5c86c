"""The times that a proxy is given, seen with endpoints that are down, silent or do not read."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cluster.client import get, wait_until
from tests.cluster.test_proxy import UNABLE, ZERO, Proxy
from tests.harness.processes import Kind
from tests.harness.wire import FORM

KINDS = ("vard", pytest.param("etcd", marks=pytest.mark.etcd))
BY_DEFAULT = 5.0
"""Seconds of --proxy-failure-wait and --proxy-write-timeout when they are not given."""

NEVER = "--proxy-refresh-interval=3600000"


class Endpoint:
    """A peer URL that names one client URL, and the socket of that URL."""

    def __init__(self) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        member = {"id": 1, "peerURLs": [url], "name": "n", "clientURLs": [url]}

        class Members(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps([member]).encode()
                self.send_response(200)
                self.send_header("X-Etcd-Cluster-Id", "1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.peers = ThreadingHTTPServer(("127.0.0.1", 0), Members)
        self.peers.daemon_threads = True
        threading.Thread(target=self.peers.serve_forever, daemon=True).start()

    @property
    def peer_url(self) -> str:
        return f"http://127.0.0.1:{self.peers.server_address[1]}"

    def close(self) -> None:
        self.socket.close()
        self.peers.shutdown()
        self.peers.server_close()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with contextlib.closing(Endpoint()) as one:
        yield one


@contextlib.contextmanager
def proxy(kind: Kind, endpoint: Endpoint, *flags: str) -> Iterator[Proxy]:
    with Proxy(kind, [endpoint.peer_url], "--proxy=on", NEVER, *flags) as one:
        one.serve()
        yield one


@pytest.mark.parametrize("kind", KINDS)
def test_an_endpoint_rests_for_the_failure_wait(kind: Kind, endpoint: Endpoint) -> None:
    with proxy(kind, endpoint, "--proxy-failure-wait=300") as one:
        answers = [get(one, "/v2/keys/a").body for _ in range(2)]
        assert answers == [UNABLE, ZERO]
        soon = BY_DEFAULT - 1
        wait_until(lambda: get(one, "/v2/keys/a").body == UNABLE, "it is tried again", soon)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_may_take_the_read_timeout(kind: Kind, endpoint: Endpoint) -> None:
    endpoint.socket.listen()
    with proxy(kind, endpoint, "--proxy-read-timeout=200") as one:
        assert get(one, "/v2/keys/a").body == UNABLE


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_may_wait_for_the_write_timeout(kind: Kind, endpoint: Endpoint) -> None:
    endpoint.socket.listen()
    body = b"x" * (9 << 20)
    with proxy(kind, endpoint, "--proxy-write-timeout=200") as one, one.connect() as connection:
        connection.timeout = BY_DEFAULT - 1
        answer = connection.request("PUT", "/v2/keys/a", {"Content-Type": FORM}, body)
        assert answer.body == UNABLE


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_may_take_the_dial_timeout(kind: Kind, endpoint: Endpoint) -> None:
    endpoint.socket.listen(0)
    address = endpoint.socket.getsockname()
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        one = stack.enter_context(proxy(kind, endpoint, "--proxy-dial-timeout=200"))
        assert get(one, "/v2/keys/a").body == UNABLE
