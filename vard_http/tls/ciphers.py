"""Go's names of cipher suites in OpenSSL's words."""

from __future__ import annotations

from collections.abc import Iterable


def openssl_names(suites: Iterable[str]) -> list[str]:
    """OpenSSL's names of the suites below TLS 1.3, in order.

    The suites of TLS 1.3 are left out: neither Go nor Python's ssl lets one choose among them.
    """
    return [_openssl_name(suite) for suite in suites if "_WITH_" in suite]


def _openssl_name(suite: str) -> str:
    exchange, _, cipher = suite.removeprefix("TLS_").partition("_WITH_")
    parts = [] if exchange == "RSA" else exchange.split("_")
    if cipher.startswith("CHACHA20"):
        return "-".join([*parts, "CHACHA20-POLY1305"])
    if cipher.startswith("3DES"):
        return "-".join([*parts, "DES-CBC3-SHA"])
    # OpenSSL writes AES128 in one word, and leaves out the mode it once had only one of.
    name, size, *mode = [*cipher.replace("RC4_128", "RC4").split("_"), ""]
    joined = f"{name}{size}" if name == "AES" else f"{name}-{size}"
    return "-".join([*parts, joined, *(part for part in mode if part not in ("", "CBC"))])
