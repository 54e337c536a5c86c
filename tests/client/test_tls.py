"""TLS with a certificate on both sides."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.clients import Manner, opened
from tests.cluster.secure import Authority, SecureServer, secure_server
from vard_http.client import ClusterUnavailable, OutcomeUnknown, Result, Tls


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def secure(authority: Authority) -> Iterator[SecureServer]:
    pair = authority.issue("server", "127.0.0.1")
    trusted = f"--trusted-ca-file={authority.ca_file}"
    flags = [*authority.client_flags(pair), "--client-cert-auth", trusted]
    with secure_server(*flags) as server:
        yield server


def test_both_sides_show_certificates(
    authority: Authority, secure: SecureServer, manner: Manner
) -> None:
    mine = authority.issue(f"client-{manner}")
    tls = Tls(ca=authority.ca_file, cert=mine.cert_file, key=mine.key_file)
    with opened(manner, f"https://127.0.0.1:{secure.tls_port}", tls=tls) as client:
        first = client.set("k", "1").etcd_index
        with client.watch("k", after_index=first) as watch:
            client.set("k", "2")
            event = next(watch)
    assert isinstance(event, Result)
    assert event.node.value == "2"


def test_a_server_of_another_authority_is_not_written_to(
    secure: SecureServer, manner: Manner
) -> None:
    with (
        opened(manner, f"https://127.0.0.1:{secure.tls_port}", tls=Tls()) as client,
        pytest.raises(ClusterUnavailable, match="certificate") as refused,
    ):
        client.set("k", "1")
    assert not isinstance(refused.value, OutcomeUnknown)


def test_a_server_need_not_be_checked(
    authority: Authority, secure: SecureServer, manner: Manner
) -> None:
    mine = authority.issue(f"careless-{manner}")
    tls = Tls(cert=mine.cert_file, key=mine.key_file, verify=False)
    with opened(manner, f"https://127.0.0.1:{secure.tls_port}", tls=tls) as client:
        assert client.health().healthy


def test_files_that_make_no_sense_are_refused(tmp_path: Path, authority: Authority) -> None:
    with pytest.raises(ValueError, match="certificate"):
        Tls(key=authority.ca_file).context()
    with pytest.raises(FileNotFoundError):
        Tls(ca=tmp_path / "none").context()
    (tmp_path / "empty").write_text("")
    with pytest.raises(ssl.SSLError):
        Tls(ca=tmp_path / "empty").context()
