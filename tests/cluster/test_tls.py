"""TLS for clients and between peers, with real processes (contract 16.4)."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cluster.client import value_of, wait_until, write
from tests.cluster.secure import (
    Authority,
    ask,
    secure_peers,
    secure_server,
    shown_certificate,
)
from tests.harness.processes import Kind, Server, start_server
from tests.harness.wire import Connection, request_bytes
from vard_http.tls.rejections import PERIOD_SECONDS


def agree_on(servers: Sequence[Server], key: str, value: str) -> None:
    """Wait until all of them have the value."""
    for server in servers:
        wait_until(lambda server=server: value_of(server, key) == value, f"{key} is {value}")  # type: ignore[misc]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "strangers")


def test_clients_are_served_on_tls_by_lane_and_application(authority: Authority) -> None:
    with secure_server(*authority.client_flags(authority.issue("server"))) as server:
        client = authority.client()
        assert ask(server.tls_port, client, "PUT", "/v2/keys/a", value="1") == 201
        assert ask(server.tls_port, client, "GET", "/v2/keys/a?quorum=true") == 200
        assert ask(server.tls_port, client, "GET", "/v2/members") == 200
        assert value_of(server, "a") == "1"
        assert server.lines_with(f"serving client requests on 127.0.0.1:{server.tls_port}")


def test_a_watch_streams_on_tls(authority: Authority) -> None:
    with secure_server(*authority.client_flags(authority.issue("server"))) as server:
        plain = ssl.create_default_context(cafile=authority.ca_file)
        with Connection(server.tls_port) as connection:
            secure = plain.wrap_socket(connection._socket, server_hostname="127.0.0.1")
            secure.sendall(request_bytes("GET", "/v2/keys/w?wait=true&stream=true"))
            received = b""
            while b"\r\n\r\n" not in received:
                received += secure.recv(4096)
            for value in ("one", "two"):
                write(server, "w", value)
                while value.encode() not in received:
                    received += secure.recv(4096)
            secure.close()


def test_plain_http_to_a_tls_port_is_closed_without_a_byte(authority: Authority) -> None:
    with secure_server(*authority.client_flags(authority.issue("server"))) as server:
        with Connection(server.tls_port) as connection:
            connection.send(request_bytes("GET", "/version"))
            assert connection.read_to_end() == b""
        assert len(server.lines_with("plain HTTP on a TLS port")) == 1


def test_tls_to_a_plain_port_is_closed(authority: Authority) -> None:
    with (
        secure_server(*authority.client_flags(authority.issue("server"))) as server,
        pytest.raises(ssl.SSLEOFError),
    ):
        ask(server.port, authority.client(), "GET", "/version")


def test_one_port_may_serve_both(authority: Authority) -> None:
    with secure_server(*authority.client_flags(authority.issue("server"))) as server:
        urls = f"http://127.0.0.1:{server.port},https://127.0.0.1:{server.port}"
        server.extra_flags += (f"--listen-client-urls={urls}",)
        server.restart()
        assert value_of(server, "a") is None
        assert ask(server.port, authority.client(), "PUT", "/v2/keys/a", value="1") == 201
        assert value_of(server, "a") == "1"


def test_client_cert_auth_lets_in_its_own_and_tells_the_others_why(
    authority: Authority, stranger: Authority
) -> None:
    flags = [
        *authority.client_flags(authority.issue("server")),
        f"--trusted-ca-file={authority.ca_file}",
        "--client-cert-auth",
    ]
    with secure_server(*flags) as server:
        alice = authority.client(authority.issue("alice"))
        assert ask(server.tls_port, alice, "GET", "/v2/keys") == 200
        refused = {
            "no certificate was presented": (None, "certificate required"),
            "unable to get local issuer certificate": (stranger.issue("bob"), "unknown ca"),
            "certificate has expired": (
                authority.issue("old", expired=True),
                "certificate expired",
            ),
        }
        for reason, (pair, alert) in refused.items():
            with pytest.raises(ssl.SSLError, match=alert):
                ask(server.tls_port, authority.client(pair), "GET", "/v2/keys")
            assert len(server.lines_with(reason)) == 1
        assert len(server.lines_with("rejected connection")) == 3
        assert not server.lines_with("Traceback")


def test_the_common_name_of_a_certificate_is_a_user(authority: Authority) -> None:
    flags = [
        *authority.client_flags(authority.issue("server")),
        f"--trusted-ca-file={authority.ca_file}",
        "--client-cert-auth",
    ]
    with secure_server(*flags) as server:
        root = authority.client(authority.issue("root"))
        with server.connect() as connection:
            for name in ("root", "alice"):
                body = json.dumps({"user": name, "password": "secret"}).encode()
                connection.request("PUT", f"/v2/auth/users/{name}", body=body)
            assert connection.request("PUT", "/v2/auth/enable").status == 200
        alice = authority.client(authority.issue("alice"))
        nobody = authority.client(authority.issue("nobody"))
        assert ask(server.tls_port, root, "PUT", "/v2/keys/a", value="1") == 201
        assert ask(server.tls_port, alice, "GET", "/v2/keys/a") == 401
        assert ask(server.tls_port, nobody, "GET", "/v2/keys/a") == 200
        assert ask(server.tls_port, root, "GET", "/v2/auth/users") == 200
        assert ask(server.tls_port, alice, "GET", "/v2/auth/users") == 401


def test_a_renewed_certificate_is_used_without_a_restart(authority: Authority) -> None:
    old, new = authority.issue("server"), authority.issue("renewed")
    with secure_server(*authority.client_flags(old)) as server:
        assert ask(server.tls_port, authority.client(), "GET", "/version") == 200
        before = shown_certificate(server.tls_port)
        shutil.copy(new.cert_file, old.cert_file)
        assert shown_certificate(server.tls_port) == before
        shutil.copy(new.key_file, old.key_file)
        assert shown_certificate(server.tls_port) == ssl.PEM_cert_to_DER_cert(
            Path(new.cert_file).read_text()
        )
        assert ask(server.tls_port, authority.client(), "GET", "/version") == 200
        assert len(server.lines_with("the certificate in use stays")) == 1
        assert len(server.lines_with("certificate renewed")) == 1


@pytest.mark.parametrize("kind", ["vard", pytest.param("etcd", marks=pytest.mark.etcd)])
def test_files_of_tls_do_not_matter_to_plain_listeners(kind: Kind) -> None:
    flags = ["--cert-file=/nowhere", "--key-file=/nowhere", "--trusted-ca-file=/nowhere"]
    with start_server(kind, flags) as server:
        assert value_of(server, "a") is None
        assert "Ignored key/cert files." in server.log()


def test_auto_tls_serves_with_a_certificate_of_its_own() -> None:
    with secure_server("--auto-tls") as server:
        fixtures = server.directory / "data" / "fixtures" / "client"
        client = ssl.create_default_context(cafile=fixtures / "cert.pem")
        assert ask(server.tls_port, client, "PUT", "/v2/keys/a", value="1") == 201
        assert (fixtures / "key.pem").stat().st_mode & 0o777 == 0o600
        before = shown_certificate(server.tls_port)
        server.restart()
        assert shown_certificate(server.tls_port) == before


@pytest.mark.parametrize("way", ["peer-client-cert-auth", "peer-auto-tls"])
def test_three_members_talk_over_tls(way: str, authority: Authority) -> None:
    flags = [
        ["--peer-auto-tls"]
        if way == "peer-auto-tls"
        else authority.peer_flags(authority.issue(f"peer{number}"))
        for number in (1, 2, 3)
    ]
    with secure_peers(flags) as servers:
        for server in servers:
            server.spawn()
        for server in servers:
            server.wait_ready(fresh=True)
        index = write(servers[0], "a", "1")
        agree_on(servers, "a", "1")
        servers[0].restart()
        assert write(servers[1], "b", "2") > index
        agree_on(servers, "b", "2")
        for server in servers:
            # A member that starts gives up the others soon while they are starting themselves.
            assert "the certificate" not in server.log()
            assert "verify failed" not in server.log()
            assert "Traceback" not in server.log()


def test_a_peer_of_a_stranger_is_refused_and_the_others_go_on(
    authority: Authority, stranger: Authority
) -> None:
    flags = [
        authority.peer_flags(authority.issue("peer1")),
        authority.peer_flags(authority.issue("peer2")),
        stranger.peer_flags(stranger.issue("peer3")),
    ]
    with secure_peers(flags) as servers:
        first, second, third = servers
        started = time.monotonic()
        for server in servers:
            server.spawn()
        first.wait_ready()
        second.wait_ready()
        wait_until(lambda: "rejected connection" in first.log(), "the stranger is refused")
        write(first, "a", "1")
        agree_on([first, second], "a", "1")
        third.kill()
        periods = 1 + (time.monotonic() - started) // PERIOD_SECONDS
        text = 'W | tls: rejected connection from "127.0.0.1:'
        for server in (first, second):
            # The stranger gives up the handshake, or its certificate is refused, or both in turn.
            kinds = [
                line.rpartition("(error ")[2] for line in server.log().splitlines() if text in line
            ]
            assert kinds
            assert len(kinds) <= periods * len(set(kinds))
        assert "certificate verify failed" in third.log()
        assert "Traceback" not in first.log() + second.log() + third.log()


@pytest.mark.etcd
@pytest.mark.skipif(shutil.which("etcdctl") is None, reason="etcdctl is not installed")
def test_etcdctl_works_over_tls(authority: Authority) -> None:
    alice = authority.issue("alice")
    flags = [
        *authority.client_flags(authority.issue("server")),
        f"--trusted-ca-file={authority.ca_file}",
        "--client-cert-auth",
    ]
    with secure_server(*flags) as server:
        url = f"https://127.0.0.1:{server.tls_port}"
        command = ["etcdctl", "--no-sync", f"--endpoints={url}", f"--ca-file={authority.ca_file}"]
        command += [f"--cert-file={alice.cert_file}", f"--key-file={alice.key_file}"]
        for arguments in (["set", "/a", "hello"], ["get", "/a"]):
            done = subprocess.run(
                [*command, *arguments],
                env={"ETCDCTL_API": "2"},
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )
            assert (done.returncode, done.stdout.strip()) == (0, "hello"), done.stderr
