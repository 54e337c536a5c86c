"""Client URLs of the form unix://name:1, whose address is a file in the working directory."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest

from tests.cluster.client import value_of, wait_until
from tests.cluster.secure import Authority
from tests.harness.processes import Kind, Server
from tests.harness.wire import FORM, request_bytes

NAME = "localhost:1"


class OnAPath(Server):
    """A member that listens on a socket in its own directory, too."""

    def __init__(self, kind: Kind, *flags: str, scheme: str = "unix") -> None:
        super().__init__(kind)
        urls = f"{self.endpoint.client_url},{scheme}://{NAME}"
        self.extra_flags = (f"--listen-client-urls={urls}", *flags)

    def __enter__(self) -> Self:
        return self

    @property
    def path(self) -> Path:
        return self.directory / NAME

    def command(self) -> list[str]:
        return ["env", "-C", str(self.directory), *super().command()]


def ask(path: Path, requests: Sequence[bytes], secure: ssl.SSLContext | None = None) -> bytes:
    """All that comes back on one connection, the last request of which has to end it."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(path))
        spoken = secure.wrap_socket(line, server_hostname="127.0.0.1") if secure else line
        for request in requests:
            spoken.sendall(request)
        received = b""
        while data := spoken.recv(1 << 16):
            received += data
        return received


PUT = request_bytes("PUT", "/v2/keys/a", {"Content-Type": FORM}, b"value=1")
LAST = request_bytes("GET", "/v2/machines", {"Connection": "close"})


@pytest.mark.parametrize("kind", ["vard", pytest.param("etcd", marks=pytest.mark.etcd)])
def test_clients_are_served_and_the_file_goes_with_the_member(kind: Kind) -> None:
    with OnAPath(kind) as server:
        server.start()
        wait_until(server.path.is_socket, "it listens")
        received = ask(server.path, [PUT, LAST])
        assert received.startswith(b"HTTP/1.1 201 Created\r\n")
        assert received.endswith(server.endpoint.client_url.encode())
        assert value_of(server, "a") == "1"
        watched = ask(server.path, [b"GET /v2/keys/a?wait=true&waitIndex=4 HTTP/1.0\r\n\r\n"])
        assert json.loads(watched.splitlines()[-1])["node"]["modifiedIndex"] == 4
        words = f"serving insecure client requests on {NAME}, this is strongly discouraged!"
        assert words in server.log()
        assert server.terminate() == -15
        assert not server.path.exists()


def test_tls_is_spoken_on_a_unixs_socket(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    flags = authority.client_flags(authority.issue("server"))
    with OnAPath("vard", *flags, scheme="unixs") as server:
        server.start()
        received = ask(server.path, [PUT, LAST], authority.client())
        assert received.startswith(b"HTTP/1.1 201 Created\r\n")
        assert ask(server.path, [LAST]) == b""
        assert f"serving client requests on {NAME}" in server.log()
        assert 'rejected connection from "unix' in server.log()


def test_a_file_that_a_killed_member_left_is_replaced_and_one_in_use_is_not() -> None:
    with OnAPath("vard") as server:
        server.start()
        server.kill()
        assert server.path.is_socket()
        server.start()
        assert ask(server.path, [LAST])
        with OnAPath("vard") as other:
            other.directory, left = server.directory, other.directory
            other.extra_flags += (f"--data-dir={left}/data",)
            other.spawn()
            assert other.wait_end() == 1
            assert f"listen unix {NAME}: bind: address already in use" in other.log()
            other.directory = left
        assert ask(server.path, [LAST])
