"""What this version cannot do is told before it would start without it."""

import pytest

from vard_http.config import load, missing_features

TLS = ["--cert-file=c", "--key-file=k"]


def test_nothing_is_missing_by_default() -> None:
    assert missing_features(load([], {})) == ()


@pytest.mark.parametrize(
    ("flag", "feature"),
    [
        ("--cert-file=c", "TLS"),
        ("--key-file=k", "TLS"),
        ("--trusted-ca-file=c", "TLS"),
        ("--client-cert-auth", "TLS"),
        ("--client-crl-file=c", "TLS"),
        ("--client-cert-allowed-hostname=h", "TLS"),
        ("--auto-tls", "TLS"),
        ("--peer-cert-file=c", "TLS"),
        ("--peer-key-file=k", "TLS"),
        ("--peer-trusted-ca-file=c", "TLS"),
        ("--peer-client-cert-auth", "TLS"),
        ("--peer-crl-file=c", "TLS"),
        ("--peer-cert-allowed-cn=c", "TLS"),
        ("--peer-cert-allowed-hostname=h", "TLS"),
        ("--peer-auto-tls", "TLS"),
        ("--experimental-peer-skip-client-san-verification", "TLS"),
        ("--cipher-suites=TLS_AES_128_GCM_SHA256", "TLS"),
        ("--discovery=http://d/x", "discovery"),
        ("--discovery-srv=d", "discovery"),
        ("--discovery-srv-name=s", "discovery"),
        ("--proxy=on", "the proxy"),
        ("--force-new-cluster", "a forced new cluster"),
    ],
)
def test_a_setting_that_needs_a_missing_feature_is_named(flag: str, feature: str) -> None:
    name = flag.partition("=")[0]
    assert missing_features(load([flag], {})) == (
        f"{name} asks for {feature}, which this version does not have",
    )


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (
            ["--listen-client-urls=https://127.0.0.1:1", "--advertise-client-urls=http://a:1"],
            "--listen-client-urls has https://127.0.0.1:1, which needs TLS",
        ),
        (
            ["--advertise-client-urls=https://a:1"],
            "--advertise-client-urls has https://a:1, which needs TLS",
        ),
        (
            ["--initial-cluster=default=http://a:1,b=https://b:1"],
            "--initial-cluster has https://b:1, which needs TLS",
        ),
        (
            ["--listen-metrics-urls=unix://localhost:1"],
            "--listen-metrics-urls has unix://localhost:1, which needs unix sockets",
        ),
    ],
)
def test_a_url_that_needs_a_missing_feature_is_named(flags: list[str], line: str) -> None:
    missing = missing_features(load([*flags, *TLS], {}))
    assert f"{line}: this version does not have it" in missing
