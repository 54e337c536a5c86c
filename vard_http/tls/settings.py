"""What one side, that of the clients or that of the peers, is told about TLS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vard_http.config import Config
from vard_http.config.urls import address_of
from vard_http.tls.self_signed import self_signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Paths and demands; empty means none.

    `unverified`: our certificate is of our own making, and so will the others' be, which nobody
    can verify. `check_address`: a caller's certificate has to name the address he calls from.
    """

    cert_file: str = ""
    key_file: str = ""
    trusted_ca_file: str = ""
    client_cert_auth: bool = False
    crl_file: str = ""
    allowed_cn: str = ""
    allowed_hostname: str = ""
    check_address: bool = False
    unverified: bool = False
    cipher_suites: tuple[str, ...] = ()

    @property
    def wants_certificates(self) -> bool:
        """Whether callers need a certificate; a CA alone is enough to ask for one, as in etcd."""
        return self.client_cert_auth or bool(self.trusted_ca_file)


def client_settings(config: Config) -> Settings:
    """For the listeners that clients use; makes a certificate if `auto-tls` asks for one.

    Raises OSError if it cannot be written.
    """
    if config.auto_tls and not config.cert_file and not config.key_file:
        return _automatic(config, "client", config.listen_client_urls)
    return Settings(
        cert_file=config.cert_file,
        key_file=config.key_file,
        trusted_ca_file=config.trusted_ca_file,
        client_cert_auth=config.client_cert_auth,
        crl_file=config.client_crl_file,
        allowed_hostname=config.client_cert_allowed_hostname,
        cipher_suites=config.cipher_suites,
    )


def peer_settings(config: Config) -> Settings:
    """For both ends of the connections between peers, like `client_settings`."""
    if config.peer_auto_tls and not config.peer_cert_file and not config.peer_key_file:
        return _automatic(config, "peer", config.listen_peer_urls)
    return Settings(
        cert_file=config.peer_cert_file,
        key_file=config.peer_key_file,
        trusted_ca_file=config.peer_trusted_ca_file,
        client_cert_auth=config.peer_client_cert_auth,
        crl_file=config.peer_crl_file,
        allowed_cn=config.peer_cert_allowed_cn,
        allowed_hostname=config.peer_cert_allowed_hostname,
        check_address=not config.experimental_peer_skip_client_san_verification,
        cipher_suites=config.cipher_suites,
    )


def _automatic(config: Config, side: str, urls: tuple[str, ...]) -> Settings:
    """As in etcd, a certificate of our own making leaves nothing of the side's other settings."""
    hosts = [address_of(url).rpartition(":")[0].strip("[]") for url in urls]
    cert_file, key_file = self_signed(Path(config.data_dir, "fixtures", side), hosts)
    return Settings(
        cert_file=str(cert_file),
        key_file=str(key_file),
        unverified=True,
        cipher_suites=config.cipher_suites,
    )
