"""Certificates in files, and handshakes in memory."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import trustme

from vard_http.tls import Settings
from vard_http.tls.contexts import client_context

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
NOT_SO_LONG_AGO = datetime(2002, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Pair:
    """The paths of a certificate and its key."""

    cert_file: str
    key_file: str


def issue(
    ca: trustme.CA,
    directory: Path,
    name: str,
    *hosts: str,
    expired: bool = False,
) -> Pair:
    """A certificate for the common name `name` and for `hosts`, written to `directory`."""
    made = ca.issue_cert(
        *(hosts or ("127.0.0.1", "localhost")),
        common_name=name,
        not_before=LONG_AGO if expired else None,
        not_after=NOT_SO_LONG_AGO if expired else None,
    )
    cert_file, key_file = directory / f"{name}.pem", directory / f"{name}.key"
    made.private_key_pem.write_to_path(key_file)
    cert_file.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    return Pair(str(cert_file), str(key_file))


def trusting(ca: trustme.CA, pair: Pair | None = None) -> ssl.SSLContext:
    """What a client uses that trusts `ca` and shows the certificate of `pair`."""
    cert_file, key_file = (pair.cert_file, pair.key_file) if pair else ("", "")
    settings = Settings(cert_file=cert_file, key_file=key_file, trusted_ca_file="given")
    return client_context(settings, ca.cert_pem.bytes(), None)


def handshake(
    server: ssl.SSLContext, client: ssl.SSLContext, host: str = "127.0.0.1"
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Both ends after a handshake in memory. Raises what either end raises."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    called = server.wrap_bio(to_server, to_client, server_side=True)
    caller = client.wrap_bio(to_client, to_server, server_hostname=host)
    waiting = [caller, called]
    while waiting:
        end = waiting.pop(0)
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            waiting.append(end)
    return called, caller
