"""Go's names of cipher suites in OpenSSL's words."""

from __future__ import annotations

import pytest

from vard_http.config.cipher_suites import NAMES
from vard_http.tls.ciphers import openssl_names


@pytest.mark.parametrize(
    ("go", "openssl"),
    [
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", ["ECDHE-RSA-AES128-GCM-SHA256"]),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", ["ECDHE-ECDSA-AES256-SHA"]),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", ["ECDHE-RSA-CHACHA20-POLY1305"]),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", ["ECDHE-RSA-CHACHA20-POLY1305"]),
        ("TLS_RSA_WITH_AES_128_CBC_SHA256", ["AES128-SHA256"]),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", ["DES-CBC3-SHA"]),
        ("TLS_ECDHE_RSA_WITH_RC4_128_SHA", ["ECDHE-RSA-RC4-SHA"]),
        ("TLS_AES_128_GCM_SHA256", []),
    ],
)
def test_names(go: str, openssl: list[str]) -> None:
    assert go in NAMES
    assert openssl_names([go]) == openssl
