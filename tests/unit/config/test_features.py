"""What this version cannot do is told before it would start without it."""

import pytest

from vard_http.config import load, missing_features

TLS = ["--cert-file=c", "--key-file=k"]


def test_nothing_is_missing_by_default() -> None:
    assert missing_features(load([], {})) == ()


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (
            ["--listen-client-urls=unixs://localhost:1", "--advertise-client-urls=http://a:1"],
            "--listen-client-urls has unixs://localhost:1, which needs unix sockets",
        ),
        (
            ["--listen-metrics-urls=unix://localhost:1"],
            "--listen-metrics-urls has unix://localhost:1, which needs unix sockets",
        ),
    ],
)
def test_a_url_that_needs_a_missing_feature_is_named(flags: list[str], line: str) -> None:
    missing = missing_features(load([*flags, *TLS], {}))
    assert f"{line}: this version does not have them" in missing
