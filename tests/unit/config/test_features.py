"""What this version cannot do is told before it would start without it."""

import pytest

from vard_http.config import load, missing_features

TLS = ["--cert-file=c", "--key-file=k"]


def test_nothing_is_missing_by_default() -> None:
    assert missing_features(load([], {})) == ()


@pytest.mark.parametrize("flag", ["listen-peer-urls", "initial-advertise-peer-urls"])
def test_members_have_no_unix_sockets(flag: str) -> None:
    missing = missing_features(load([f"--{flag}=unix://localhost:1", *TLS], {}))
    assert missing[0].startswith(f"--{flag} has unix://localhost:1: unix sockets are for clients")


def test_clients_may_have_unix_sockets() -> None:
    urls = [f"--{name}-client-urls=unixs://localhost:1" for name in ("listen", "advertise")]
    metrics = "--listen-metrics-urls=unix://localhost:1"
    assert missing_features(load([*urls, metrics, *TLS], {})) == ()
