"""Certificates that are replaced while they are in use."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import trustme
from structlog.testing import capture_logs

from tests.unit.tls.support import Pair, handshake, issue, trusting
from vard_http.tls import Security, Settings
from vard_http.tls.names import common_name


@pytest.fixture
def security(pair: Pair) -> Security:
    return Security(Settings(cert_file=pair.cert_file, key_file=pair.key_file))


def shown_name(security: Security, ca: trustme.CA) -> str:
    _, caller = handshake(security.server_context(), trusting(ca))
    return common_name(caller.getpeercert() or {})


def test_a_renewed_pair_is_shown_to_those_who_connect_then(
    security: Security, pair: Pair, ca: trustme.CA, tmp_path: Path
) -> None:
    assert shown_name(security, ca) == "server"
    new = issue(ca, tmp_path, "renewed")
    shutil.copy(new.cert_file, pair.cert_file)
    with capture_logs() as lines:
        assert shown_name(security, ca) == "server"
        assert shown_name(security, ca) == "server"
    assert len(lines) == 1
    assert "the private key does not belong to the certificate" in lines[0]["event"]
    shutil.copy(new.key_file, pair.key_file)
    with capture_logs() as lines:
        assert shown_name(security, ca) == "renewed"
        assert shown_name(security, ca) == "renewed"
    assert [line["event"] for line in lines] == ["certificate renewed"]


def test_a_pair_that_has_gone_stays_in_use(security: Security, pair: Pair, ca: trustme.CA) -> None:
    Path(pair.key_file).unlink()
    with capture_logs() as lines:
        assert shown_name(security, ca) == "server"
        assert shown_name(security, ca) == "server"
    assert [line["event"] for line in lines] == [
        f"the certificate in use stays: open {pair.key_file}: no such file or directory"
    ]


def test_the_same_context_serves_as_long_as_nothing_changes(security: Security) -> None:
    assert security.server_context() is security.server_context()
    assert security.client_context() is security.client_context()
