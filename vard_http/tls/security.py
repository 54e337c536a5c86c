"""The TLS of one side: contexts for those who call and those who are called, kept up to date."""

from __future__ import annotations

import ssl

import structlog

from vard_http.govalues import quote
from vard_http.tls.contexts import (
    Context,
    HandshakeFailed,
    TlsError,
    client_context,
    server_context,
)
from vard_http.tls.files import Version, read, version_of
from vard_http.tls.names import common_name, is_valid_for
from vard_http.tls.revocation import RevocationList, presented_serials
from vard_http.tls.settings import Settings

log = structlog.get_logger("tls")


class Security:
    """Certificate and key are read again when they change; the CA file is not, as in etcd.

    A pair that cannot be used, perhaps because only one of its files has been written so far, does
    no harm: the one before it stays. Raises TlsError if the first one cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        if settings.allowed_cn and settings.allowed_hostname:
            raise TlsError(
                "AllowedCN and AllowedHostname are mutually exclusive"
                f" (cn={quote(settings.allowed_cn)}, hostname={quote(settings.allowed_hostname)})"
            )
        self._revocations = RevocationList(settings.crl_file) if settings.crl_file else None
        self._versions = self._read_versions()
        try:
            ca_file = settings.trusted_ca_file
            self._authorities = read(ca_file) if ca_file else b""
            self._server, self._client = self._build()
        except OSError as error:
            raise TlsError(error.strerror) from error

    def server_context(self) -> Context:
        """For a connection that comes in now."""
        self._follow_files()
        return self._server

    def client_context(self) -> Context:
        """For a connection that is opened now."""
        self._follow_files()
        return self._client

    def _follow_files(self) -> None:
        versions = self._read_versions()
        if versions == self._versions:
            return
        self._versions = versions
        try:
            self._server, self._client = self._build()
        except (OSError, TlsError) as error:
            log.warning(f"the certificate in use stays: {error.args[-1]}")
        else:
            log.info("certificate renewed", path=self.settings.cert_file)

    def _read_versions(self) -> tuple[Version, Version]:
        return version_of(self.settings.cert_file), version_of(self.settings.key_file)

    def _build(self) -> tuple[Context, Context]:
        settings, authorities = self.settings, self._authorities
        return (
            server_context(settings, authorities, self._check_caller),
            client_context(settings, authorities, self._check_name),
        )

    def _check_caller(self, session: ssl.SSLObject) -> None:
        self._check_name(session)
        if self._revocations is None:
            return
        try:
            serial = self._revocations.revoked(presented_serials(session))
        except (OSError, ValueError) as error:
            raise HandshakeFailed(f"no usable revocation list: {error.args[-1]}") from error
        if serial is not None:
            raise HandshakeFailed(f"certificate serial {serial:x} revoked")

    def _check_name(self, session: ssl.SSLObject) -> None:
        certificate = session.getpeercert() or {}
        cn, hostname = self.settings.allowed_cn, self.settings.allowed_hostname
        if cn and common_name(certificate) != cn:
            raise HandshakeFailed(f"the certificate is that of {quote(common_name(certificate))}")
        if hostname and not is_valid_for(certificate, hostname):
            raise HandshakeFailed(f"the certificate is not valid for {quote(hostname)}")
