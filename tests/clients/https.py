"""One member of either kind that wants certificates of its clients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.cluster.secure import Authority
from tests.harness.ports import lease_port
from tests.harness.processes import Endpoint, Kind, Server


class HttpsServer(Server):
    """A member that advertises a TLS port, and has a plain one for the harness."""

    def __init__(self, kind: Kind, flags: Sequence[str]) -> None:
        endpoint = Endpoint()
        self._tls = lease_port()
        urls = (
            f"--listen-client-urls={endpoint.client_url},{self.https_url}",
            f"--advertise-client-urls={self.https_url}",
        )
        super().__init__(kind, endpoint, extra_flags=[*urls, *flags])

    @property
    def https_port(self) -> int:
        return self._tls.port

    @property
    def https_url(self) -> str:
        return f"https://127.0.0.1:{self._tls.port}"

    def close(self) -> None:
        super().close()
        self._tls.release()


@contextmanager
def https_server(kind: Kind, authority: Authority) -> Iterator[HttpsServer]:
    """A member for the length of a `with` block, with certificates of this authority."""
    flags = [
        *authority.client_flags(authority.issue(kind, "127.0.0.1")),
        f"--trusted-ca-file={authority.ca_file}",
        "--client-cert-auth",
    ]
    server = HttpsServer(kind, flags)
    with server:
        server.start()
        yield server
