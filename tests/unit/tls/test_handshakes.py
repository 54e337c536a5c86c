"""Whom the contexts let in, and what they say to the others."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from tests.unit.tls.support import Pair, handshake, issue, trusting
from vard_http.tls import HandshakeFailed, Security, Settings, TlsError


def plain_security(pair: Pair, **settings: object) -> Security:
    return Security(Settings(cert_file=pair.cert_file, key_file=pair.key_file, **settings))  # type: ignore[arg-type]


def test_a_client_that_trusts_the_authority_connects(ca: trustme.CA, pair: Pair) -> None:
    called, caller = handshake(plain_security(pair).server_context(), trusting(ca))
    assert caller.version() == "TLSv1.3"
    assert called.getpeercert() is None


def test_only_http_1_is_offered(ca: trustme.CA, pair: Pair) -> None:
    client = trusting(ca)
    client.set_alpn_protocols(["h2", "http/1.1"])
    _, caller = handshake(plain_security(pair).server_context(), client)
    assert caller.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize("demand", ["trusted CA alone", "client-cert-auth"])
def test_a_certificate_of_the_trusted_ca_is_let_in(
    demand: str, ca: trustme.CA, pair: Pair, ca_file: str, tmp_path: Path
) -> None:
    server = plain_security(
        pair, trusted_ca_file=ca_file, client_cert_auth=demand == "client-cert-auth"
    )
    alice = issue(ca, tmp_path, "alice")
    called, _ = handshake(server.server_context(), trusting(ca, alice))
    assert called.getpeercert()


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("none", "no certificate was presented"),
        ("stranger's", "certificate verify failed: unable to get local issuer certificate"),
        ("expired", "certificate verify failed: certificate has expired"),
    ],
)
def test_any_other_certificate_is_refused_with_an_alert(
    case: str,
    reason: str,
    ca: trustme.CA,
    stranger: trustme.CA,
    pair: Pair,
    ca_file: str,
    tmp_path: Path,
) -> None:
    shown = {
        "none": None,
        "stranger's": issue(stranger, tmp_path, "bob"),
        "expired": issue(ca, tmp_path, "old", expired=True),
    }[case]
    server = plain_security(pair, trusted_ca_file=ca_file)
    with pytest.raises(HandshakeFailed) as failed:
        handshake(server.server_context(), trusting(ca, shown))
    assert str(failed.value) == reason
    assert failed.value.alert


def test_plain_http_gets_no_alert(pair: Pair) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = plain_security(pair).server_context().wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(HandshakeFailed, match="plain HTTP on a TLS port") as failed:
        session.do_handshake()
    assert failed.value.alert == b""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_1_1_is_refused(ca: trustme.CA, pair: Pair) -> None:
    client = trusting(ca)
    client.minimum_version = ssl.TLSVersion.TLSv1
    client.maximum_version = ssl.TLSVersion.TLSv1_1
    client.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.raises(HandshakeFailed, match="unsupported protocol"):
        handshake(plain_security(pair).server_context(), client)


@pytest.mark.parametrize(
    ("settings", "name", "reason"),
    [
        ({"allowed_cn": "alice"}, "alice", ""),
        ({"allowed_cn": "alice"}, "eve", 'the certificate is that of "eve"'),
        ({"allowed_hostname": "alice.test"}, "alice", ""),
        (
            {"allowed_hostname": "alice.test"},
            "eve",
            'the certificate is not valid for "alice.test"',
        ),
    ],
)
def test_only_the_allowed_name_is_let_in(
    settings: dict[str, str],
    name: str,
    reason: str,
    ca: trustme.CA,
    pair: Pair,
    ca_file: str,
    tmp_path: Path,
) -> None:
    server = plain_security(pair, trusted_ca_file=ca_file, **settings).server_context()
    client = trusting(ca, issue(ca, tmp_path, name, f"{name}.test"))
    if not reason:
        handshake(server, client)
        return
    with pytest.raises(HandshakeFailed, match=reason):
        handshake(server, client)


def test_a_caller_too_wants_the_allowed_name(
    ca: trustme.CA, pair: Pair, ca_file: str, tmp_path: Path
) -> None:
    caller = plain_security(pair, trusted_ca_file=ca_file, allowed_cn="peer")
    other = plain_security(issue(ca, tmp_path, "other"))
    with pytest.raises(HandshakeFailed, match='the certificate is that of "other"'):
        handshake(other.server_context(), caller.client_context())
    peer = plain_security(issue(ca, tmp_path, "peer"))
    handshake(peer.server_context(), caller.client_context())


def test_a_caller_wants_a_certificate_for_the_host_it_calls(
    ca: trustme.CA, pair: Pair, ca_file: str
) -> None:
    security = plain_security(pair, trusted_ca_file=ca_file)
    with pytest.raises(HandshakeFailed, match="Hostname mismatch"):
        handshake(security.server_context(), security.client_context(), "elsewhere.test")


def test_with_certificates_of_their_own_making_nobody_is_verified(pair: Pair) -> None:
    security = plain_security(pair, unverified=True)
    handshake(security.server_context(), security.client_context(), "elsewhere.test")


def test_an_intermediate_authority_may_be_the_trusted_one(
    ca: trustme.CA, pair: Pair, tmp_path: Path
) -> None:
    middle = ca.create_child_ca()
    path = tmp_path / "middle.pem"
    middle.cert_pem.write_to_path(path)
    server = plain_security(pair, trusted_ca_file=str(path))
    handshake(server.server_context(), trusting(ca, issue(middle, tmp_path, "alice")))
    with pytest.raises(HandshakeFailed):
        handshake(server.server_context(), trusting(ca, issue(ca, tmp_path, "bob")))


@pytest.mark.parametrize(
    ("suites", "version", "chosen"),
    [
        (("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",), "TLSv1_2", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",), "TLSv1_3", "TLS_AES_256_GCM_SHA384"),
        (("TLS_AES_128_GCM_SHA256",), "TLSv1_3", "TLS_AES_256_GCM_SHA384"),
    ],
)
def test_cipher_suites_are_chosen_below_tls_1_3(
    suites: tuple[str, ...], version: str, chosen: str, ca: trustme.CA, pair: Pair
) -> None:
    client = trusting(ca)
    client.maximum_version = ssl.TLSVersion[version]
    server = plain_security(pair, cipher_suites=suites)
    _, caller = handshake(server.server_context(), client)
    assert (caller.cipher() or ("",))[0] == chosen


def test_suites_of_tls_1_3_alone_leave_nothing_for_tls_1_2(ca: trustme.CA, pair: Pair) -> None:
    client = trusting(ca)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    server = plain_security(pair, cipher_suites=("TLS_AES_128_GCM_SHA256",))
    with pytest.raises(HandshakeFailed):
        handshake(server.server_context(), client)


def test_settings_that_cannot_be_used_are_explained(
    ca: trustme.CA, pair: Pair, ca_file: str, tmp_path: Path
) -> None:
    other = issue(ca, tmp_path, "other")
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate")
    cases = {
        "no such file or directory": Settings(cert_file="/nowhere", key_file=pair.key_file),
        "the private key does not belong to the certificate": Settings(
            cert_file=pair.cert_file, key_file=other.key_file
        ),
        f"{garbage} with key": Settings(cert_file=str(garbage), key_file=pair.key_file),
        f"trusted CA file {garbage}": Settings(
            cert_file=pair.cert_file, key_file=pair.key_file, trusted_ca_file=str(garbage)
        ),
        "cipher suites TLS_RSA_WITH_RC4_128_SHA": Settings(
            cert_file=pair.cert_file,
            key_file=pair.key_file,
            cipher_suites=("TLS_RSA_WITH_RC4_128_SHA",),
        ),
        "AllowedCN and AllowedHostname are mutually exclusive": Settings(
            allowed_cn="a", allowed_hostname="b"
        ),
    }
    for text, settings in cases.items():
        with pytest.raises(TlsError) as refused:
            Security(settings)
        assert text in str(refused.value)
