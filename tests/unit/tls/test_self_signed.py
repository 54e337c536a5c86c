"""Certificates of a server's own making."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from cryptography import x509

from vard_http.config import load
from vard_http.tls import client_settings, peer_settings
from vard_http.tls.self_signed import self_signed


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    cert_file, key_file = self_signed(tmp_path / "data" / "fixtures", ["127.0.0.1"])
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert cert_file.parent.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in cert_file.parent.iterdir()) == ["cert.pem", "key.pem"]


def test_a_certificate_is_for_a_year_and_for_the_hosts_it_listens_on(tmp_path: Path) -> None:
    cert_file, _ = self_signed(tmp_path, ["127.0.0.1", "localhost", "::1", "127.0.0.1"])
    certificate = x509.load_pem_x509_certificate(cert_file.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["127.0.0.1", "localhost", "::1"]
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(365)


def test_files_that_are_there_are_used_again(tmp_path: Path) -> None:
    cert_file, _ = self_signed(tmp_path, ["127.0.0.1"])
    first = cert_file.read_bytes()
    self_signed(tmp_path, ["127.0.0.1"])
    assert cert_file.read_bytes() == first


def test_half_a_pair_is_made_anew(tmp_path: Path) -> None:
    cert_file, key_file = self_signed(tmp_path, ["127.0.0.1"])
    first = cert_file.read_bytes()
    key_file.unlink()
    self_signed(tmp_path, ["127.0.0.1"])
    assert key_file.exists()
    assert cert_file.read_bytes() != first


def test_automatic_certificates_are_below_the_data_directory(tmp_path: Path) -> None:
    config = load(["--auto-tls", "--peer-auto-tls", f"--data-dir={tmp_path}"], {})
    client, peer = client_settings(config), peer_settings(config)
    assert client.cert_file == str(tmp_path / "fixtures" / "client" / "cert.pem")
    assert peer.key_file == str(tmp_path / "fixtures" / "peer" / "key.pem")
    assert client.unverified
    assert peer.unverified


def test_given_certificates_come_before_automatic_ones(tmp_path: Path) -> None:
    flags = ["--auto-tls", "--cert-file=c", "--key-file=k", f"--data-dir={tmp_path}"]
    settings = client_settings(load(flags, {}))
    assert (settings.cert_file, settings.unverified) == ("c", False)
    assert list(tmp_path.iterdir()) == []
