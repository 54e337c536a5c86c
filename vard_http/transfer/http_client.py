"""Asking a server over HTTP: one connection, kept, with a user's name and TLS."""

from __future__ import annotations

import http.client
import ssl
from base64 import b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from vard_http.transfer.errors import TransferError

TIMEOUT_SECONDS: Final = 60.0

_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class Tls(msgspec.Struct, frozen=True):
    """Files: authorities to trust in place of the system's, and this client's certificate."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def context(self) -> ssl.SSLContext:
        """Raises TransferError if a file cannot be used."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file or None)
            if self.cert_file:
                context.load_cert_chain(self.cert_file, self.key_file or None)
        except OSError as error:
            raise TransferError(f"the files for TLS cannot be used: {error}") from error
        return context


class Endpoint(msgspec.Struct, frozen=True):
    """A server's URL, and how to talk to it; `user` is `name:password`."""

    url: str
    user: str = ""
    tls: Tls = Tls()

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r})"

    def connect(self) -> http.client.HTTPConnection:
        """A connection that opens with its first request. Raises TransferError."""
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise TransferError(f"{self.url} is not a URL: {error}") from error
        if parts.scheme not in ("http", "https") or not host or parts.path not in ("", "/"):
            raise TransferError(f"{self.url} is not of the form http://host:port")
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
        context = self.tls.context()
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)

    @property
    def headers(self) -> Mapping[str, str]:
        """Who asks."""
        if not self.user:
            return {}
        return {"Authorization": "Basic " + b64encode(self.user.encode()).decode()}


class Reply(msgspec.Struct, frozen=True):
    """A whole answer; `index` is its X-Etcd-Index."""

    status: int
    index: int
    body: bytes


class Client:
    """Requests to one endpoint, one after the other. Raises TransferError for lost connections."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._connection = endpoint.connect()

    def request(self, method: str, target: str, form: bytes | None = None) -> Reply:
        """Send a request and wait for its answer."""
        headers = {**self._endpoint.headers, **(_FORM if form is not None else {})}
        try:
            self._connection.request(method, target, form, headers)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise lost(self._endpoint, error) from error
        index = response.getheader("X-Etcd-Index") or "0"
        return Reply(response.status, int(index) if index.isdecimal() else 0, body)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def lost(endpoint: Endpoint, error: Exception) -> TransferError:
    """The error for a server that gave no whole answer."""
    return TransferError(f"{endpoint.url}: {error or type(error).__name__}")
