"""Certificates whose serial numbers are on a revocation list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.tls.support import Pair, handshake, issue, trusting
from vard_http.tls import HandshakeFailed, Security, Settings


def revoke(path: Path, *serials: int, pem: bool = True) -> None:
    """Write a list; etcd looks neither at its signature nor at its dates."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.Name([]))
        .last_update(now)
        .next_update(now + timedelta(days=1))
    )
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
        builder = builder.add_revoked_certificate(revoked.build())
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    encoding = serialization.Encoding.PEM if pem else serialization.Encoding.DER
    path.write_bytes(signed.public_bytes(encoding))


def serials(pair: Pair) -> list[int]:
    chain = x509.load_pem_x509_certificates(Path(pair.cert_file).read_bytes())
    return [certificate.serial_number for certificate in chain]


@pytest.fixture
def crl(tmp_path: Path) -> Path:
    return tmp_path / "crl"


@pytest.fixture
def security(pair: Pair, ca_file: str, crl: Path) -> Security:
    return Security(
        Settings(
            cert_file=pair.cert_file,
            key_file=pair.key_file,
            trusted_ca_file=ca_file,
            crl_file=str(crl),
        )
    )


@pytest.mark.parametrize("pem", [True, False])
def test_a_revoked_certificate_is_refused_from_then_on(
    pem: bool, security: Security, crl: Path, ca: trustme.CA, tmp_path: Path
) -> None:
    alice = issue(ca, tmp_path, "alice")
    client = trusting(ca, alice)
    revoke(crl, 1, pem=pem)
    handshake(security.server_context(), client)
    revoke(crl, 1, *serials(alice), pem=pem)
    with pytest.raises(HandshakeFailed, match=f"serial {serials(alice)[0]:x} revoked"):
        handshake(security.server_context(), client)


def test_a_revoked_intermediate_authority_counts_too(
    security: Security, crl: Path, ca: trustme.CA, tmp_path: Path
) -> None:
    alice = issue(ca.create_child_ca(), tmp_path, "alice")
    _, middle = serials(alice)
    revoke(crl, middle)
    with pytest.raises(HandshakeFailed, match=f"serial {middle:x} revoked"):
        handshake(security.server_context(), trusting(ca, alice))


@pytest.mark.parametrize("content", [None, b"nonsense"])
def test_nobody_is_let_in_without_a_readable_list(
    content: bytes | None, security: Security, crl: Path, ca: trustme.CA, tmp_path: Path
) -> None:
    if content is not None:
        crl.write_bytes(content)
    with pytest.raises(HandshakeFailed, match="no usable revocation list"):
        handshake(security.server_context(), trusting(ca, issue(ca, tmp_path, "alice")))
