"""Members that speak TLS: their certificates, their flags, and a client for them."""

from __future__ import annotations

import contextlib
import http.client
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

import trustme

from tests.harness.ports import lease_port
from tests.harness.processes import Endpoint, Server
from tests.harness.wire import FORM
from tests.unit.tls.support import Pair, issue


class Authority:
    """A CA and a directory for what it issues."""

    def __init__(self, directory: Path, name: str = "ca") -> None:
        self._directory = directory / name
        self._directory.mkdir()
        self.ca = trustme.CA(organization_name=name)
        self.ca_file = str(self._directory / "ca.pem")
        self.ca.cert_pem.write_to_path(self.ca_file)

    def issue(self, name: str, *hosts: str, expired: bool = False) -> Pair:
        """A certificate with `name` as its common name."""
        return issue(self.ca, self._directory, name, *hosts, expired=expired)

    def client(self, pair: Pair | None = None) -> ssl.SSLContext:
        """For a client that trusts this CA and shows the certificate of `pair`."""
        context = ssl.create_default_context(cafile=self.ca_file)
        if pair is not None:
            context.load_cert_chain(pair.cert_file, pair.key_file)
        return context

    def client_flags(self, pair: Pair) -> list[str]:
        return [f"--cert-file={pair.cert_file}", f"--key-file={pair.key_file}"]

    def peer_flags(self, pair: Pair) -> list[str]:
        """For peers that show each other certificates of this CA."""
        return [
            f"--peer-cert-file={pair.cert_file}",
            f"--peer-key-file={pair.key_file}",
            f"--peer-trusted-ca-file={self.ca_file}",
            "--peer-client-cert-auth",
        ]


class SecureServer(Server):
    """A member with a TLS port for clients beside the plain one that the harness uses."""

    def __init__(self, flags: Sequence[str]) -> None:
        endpoint = Endpoint()
        self._tls = lease_port()
        urls = f"{endpoint.client_url},https://127.0.0.1:{self._tls.port}"
        super().__init__("vard", endpoint, extra_flags=[f"--listen-client-urls={urls}", *flags])

    @property
    def tls_port(self) -> int:
        return self._tls.port

    def close(self) -> None:
        super().close()
        self._tls.release()

    def lines_with(self, text: str) -> list[str]:
        """The lines of the log that contain `text`."""
        return [line for line in self.log().splitlines() if text in line]


@contextlib.contextmanager
def secure_server(*flags: str) -> Iterator[SecureServer]:
    """A single member that serves, for the length of a `with` block."""
    server = SecureServer(flags)
    with server:
        server.start()
        yield server


@contextlib.contextmanager
def secure_peers(flags: Sequence[Sequence[str]]) -> Iterator[list[Server]]:
    """Members, one for each list of flags, whose peer URLs are https; they are not started."""
    endpoints = [Endpoint(f"n{number}") for number in range(1, len(flags) + 1)]
    urls = [endpoint.peer_url.replace("http:", "https:") for endpoint in endpoints]
    everybody = ",".join(
        f"{endpoint.name}={url}" for endpoint, url in zip(endpoints, urls, strict=True)
    )
    servers = [
        Server(
            "vard",
            endpoint,
            initial_cluster=everybody,
            members=len(flags),
            extra_flags=[f"--listen-peer-urls={url}", f"--initial-advertise-peer-urls={url}", *own],
        )
        for endpoint, url, own in zip(endpoints, urls, flags, strict=True)
    ]
    try:
        yield servers
    finally:
        for server in servers:
            server.close()


def ask(port: int, context: ssl.SSLContext, method: str, target: str, **form: str) -> int:
    """The status of one request on a TLS connection of its own."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    body = urlencode(form) or None
    try:
        connection.request(method, target, body, {"Content-Type": FORM} if body else {})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def shown_certificate(port: int) -> bytes:
    """The certificate that a TLS port shows, as DER."""
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port), timeout=10))
