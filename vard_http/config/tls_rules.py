"""What etcd checks and warns about TLS settings before it opens their files (contract 16.4)."""

from collections.abc import Iterator
from dataclasses import dataclass

from vard_http.config.model import Config
from vard_http.config.urls import address_of, scheme_of

_TLS_SCHEMES = ("https", "unixs", "tls")


@dataclass(frozen=True, slots=True)
class _Side:
    """The TLS settings of one listener; `prefix` is that of its flags."""

    name: str
    prefix: str
    urls: tuple[str, ...]
    cert_file: str
    key_file: str
    auto_tls: bool
    client_cert_auth: bool
    verifies: bool


def missing_certificate(config: Config) -> tuple[str, str] | None:
    """Why a TLS listener cannot serve and which setting is to blame; None if all can."""
    for side in _sides(config):
        for url in side.urls:
            if scheme_of(url) in _TLS_SCHEMES and (missing := _missing_for(side, url)):
                return missing
    if config.cert_file or config.auto_tls:
        return None
    for name, urls in (
        ("listen-metrics-urls", config.listen_metrics_urls),
        ("listen-vard-urls", config.listen_vard_urls),
    ):
        for url in urls:
            if scheme_of(url) in _TLS_SCHEMES:
                return _nothing_presented(url), name
    return None


def tls_warnings(config: Config) -> Iterator[str]:
    """What is ignored because a listener is plain."""
    for side in _sides(config):
        yield from _automatic_warnings(side)
        for url in side.urls:
            if scheme_of(url) in _TLS_SCHEMES:
                continue
            start = f"The scheme of {side.name} url {url} is HTTP while"
            if side.cert_file or side.key_file:
                yield f"{start} {side.name} key/cert files are presented. Ignored key/cert files."
            if side.client_cert_auth:
                yield (
                    f"{start} client cert auth (--{side.prefix}client-cert-auth) is enabled."
                    " Ignored client cert auth for this url."
                )


def _automatic_warnings(side: _Side) -> Iterator[str]:
    if not side.auto_tls:
        return
    if side.cert_file or side.key_file:
        yield f"ignoring {side.name} auto TLS since certs given"
    elif side.client_cert_auth or side.verifies:
        yield (
            f"--{side.prefix}auto-tls verifies nobody: the settings of the {side.name} side that"
            " ask for certificates are ignored"
        )


def _sides(config: Config) -> tuple[_Side, _Side]:
    peer = _Side(
        "peer",
        "peer-",
        config.listen_peer_urls,
        config.peer_cert_file,
        config.peer_key_file,
        config.peer_auto_tls,
        config.peer_client_cert_auth,
        bool(
            config.peer_trusted_ca_file
            or config.peer_crl_file
            or config.peer_cert_allowed_cn
            or config.peer_cert_allowed_hostname
        ),
    )
    client = _Side(
        "client",
        "",
        config.listen_client_urls,
        config.cert_file,
        config.key_file,
        config.auto_tls,
        config.client_cert_auth,
        bool(
            config.trusted_ca_file or config.client_crl_file or config.client_cert_allowed_hostname
        ),
    )
    return peer, client


def _missing_for(side: _Side, url: str) -> tuple[str, str] | None:
    if bool(side.cert_file) != bool(side.key_file):
        given = "cert-file" if side.cert_file else "key-file"
        return (
            "KeyFile and CertFile must both be present"
            f"[key: {side.key_file}, cert: {side.cert_file}]",
            side.prefix + given,
        )
    if side.cert_file or side.auto_tls:
        return None
    if side.name == "peer":
        return _nothing_presented(url), "listen-peer-urls"
    reason = (
        "TLS key/cert (--cert-file, --key-file) must be provided for client url"
        f" {url} with HTTPS scheme"
    )
    return reason, "listen-client-urls"


def _nothing_presented(url: str) -> str:
    return f"cannot listen on TLS for {address_of(url)}: KeyFile and CertFile are not presented"
