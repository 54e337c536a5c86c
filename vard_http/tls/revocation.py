"""Certificate revocation lists, used as etcd uses them: by serial number alone."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

from cryptography import x509

from vard_http.tls.files import Version, read, version_of


class RevocationList:
    """The list in a file, which may be replaced at any time."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._version: Version = None
        self._list: x509.CertificateRevocationList | None = None

    def revoked(self, serials: Iterable[int]) -> int | None:
        """The first of `serials` that is on the list; OSError or ValueError if it is unusable."""
        current = self._current()
        for serial in serials:
            if current.get_revoked_certificate_by_serial_number(serial) is not None:
                return serial
        return None

    def _current(self) -> x509.CertificateRevocationList:
        version = version_of(self._path)
        if self._list is None or version != self._version:
            data = read(self._path)
            is_pem = data.lstrip().startswith(b"-----BEGIN")
            load = x509.load_pem_x509_crl if is_pem else x509.load_der_x509_crl
            self._list, self._version = load(data), version
        return self._list


def presented_serials(session: ssl.SSLObject) -> list[int]:
    """The serial numbers of all certificates that the other end has sent."""
    chain: list[Any]
    if hasattr(session, "get_unverified_chain"):
        chain = session.get_unverified_chain()
    else:
        # Python 3.13 made public, as bytes, what the versions before it have on the inner object.
        inner: Any = session._sslobj  # type: ignore[attr-defined]
        chain = inner.get_unverified_chain() or []
    return [_serial(one) for one in chain]


def _serial(certificate: Any) -> int:
    if isinstance(certificate, bytes):
        return x509.load_der_x509_certificate(certificate).serial_number
    pem: str = certificate.public_bytes()
    return x509.load_pem_x509_certificate(pem.encode()).serial_number
