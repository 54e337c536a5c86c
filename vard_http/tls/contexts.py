"""ssl contexts with etcd's rules, and sessions that say why a handshake failed."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator
from typing import Final

from vard_http.tls.ciphers import openssl_names
from vard_http.tls.files import read
from vard_http.tls.settings import Settings

Check = Callable[[ssl.SSLObject], None]
"""Raises HandshakeFailed if the other end's certificate will not do."""

_PHRASES: Final = {
    "HTTP_REQUEST": "plain HTTP on a TLS port",
    "WRONG_VERSION_NUMBER": "the first record does not look like a TLS handshake",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "no certificate was presented",
    "KEY_VALUES_MISMATCH": "the private key does not belong to the certificate",
    "NO_START_LINE": "no PEM data",
    "PEM_LIB": "no usable PEM data",
}


class TlsError(Exception):
    """The TLS settings cannot be used; the message says why."""


class HandshakeFailed(ssl.SSLError):
    """`alert` is what should still be sent: why, in TLS's own words."""

    def __init__(self, reason: str, alert: bytes = b"") -> None:
        super().__init__(ssl.SSL_ERROR_SSL, reason)
        self.alert = alert

    def __str__(self) -> str:
        return str(self.strerror)


class Session(ssl.SSLObject):
    """Ends a handshake with the context's check; a failure has a reason and keeps its alert.

    The event loops close a connection whose handshake failed without sending what OpenSSL has
    written for the other end.
    """

    check: Check | None = None
    outgoing: ssl.MemoryBIO

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            raise HandshakeFailed(describe(error), self.outgoing.read()) from error
        if self.check is not None:
            self.check(self)


class Context(ssl.SSLContext):
    """Makes `Session`s."""

    sslobject_class = Session
    check: Check | None = None

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> Session:
        made = super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        assert isinstance(made, Session)
        made.outgoing, made.check = outgoing, self.check
        return made


def server_context(settings: Settings, authorities: bytes, check: Check | None) -> Context:
    """For those who call us; `authorities` is what the CA file holds. Raises OSError, TlsError.

    TLS 1.2 is the least. HTTP/2 is not offered.
    """
    context = Context(ssl.PROTOCOL_TLS_SERVER)
    _prepare(context, settings)
    context.set_alpn_protocols(["http/1.1"])
    if settings.wants_certificates:
        context.verify_mode = ssl.CERT_REQUIRED
        _trust(context, settings, authorities, ssl.Purpose.CLIENT_AUTH)
        # A session that is resumed would not have its certificates verified again.
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
        context.check = check
    return context


def client_context(settings: Settings, authorities: bytes, check: Check | None) -> Context:
    """For those whom we call, with our certificate if we have one. Raises OSError, TlsError."""
    context = Context(ssl.PROTOCOL_TLS_CLIENT)
    _prepare(context, settings)
    if settings.unverified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context.hostname_checks_common_name = False
    _trust(context, settings, authorities, ssl.Purpose.SERVER_AUTH)
    context.check = check
    return context


def describe(error: Exception) -> str:
    """Why TLS failed, in words."""
    if isinstance(error, ssl.SSLCertVerificationError) and error.verify_message:
        return f"certificate verify failed: {error.verify_message}"
    if isinstance(error, HandshakeFailed):
        return str(error)
    # Python's own errors of this class, not from OpenSSL, have no reason.
    reason = getattr(error, "reason", None)
    if isinstance(reason, str):
        _, alert, complaint = reason.partition("_ALERT_")
        phrase = f"remote error: {complaint}" if alert else reason
        return _PHRASES.get(reason, phrase.lower().replace("_", " "))
    return str(error.args[-1]) if error.args else type(error).__name__


def _prepare(context: Context, settings: Settings) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.cert_file:
        for path in (settings.cert_file, settings.key_file):
            read(path)
        with _blaming(f"certificate {settings.cert_file} with key {settings.key_file}"):
            context.load_cert_chain(settings.cert_file, settings.key_file, _refuse_encrypted)
    if not settings.cipher_suites:
        return
    if names := openssl_names(settings.cipher_suites):
        with _blaming(f"cipher suites {','.join(settings.cipher_suites)}"):
            context.set_ciphers(":".join(names))
    else:
        context.minimum_version = ssl.TLSVersion.TLSv1_3


def _trust(context: Context, settings: Settings, authorities: bytes, purpose: ssl.Purpose) -> None:
    """The CAs of the file, or without one the system's; intermediate ones are enough, as in Go."""
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if not settings.trusted_ca_file:
        context.load_default_certs(purpose)
        return
    with _blaming(f"trusted CA file {settings.trusted_ca_file}"):
        context.load_verify_locations(cadata=authorities.decode("ascii", "replace"))


@contextlib.contextmanager
def _blaming(what: str) -> Iterator[None]:
    try:
        yield
    except (ssl.SSLError, ValueError) as error:
        raise TlsError(f"{what}: {describe(error)}") from error


def _refuse_encrypted() -> str:
    """Instead of OpenSSL's own question on the terminal."""
    raise ValueError("the key is encrypted")
