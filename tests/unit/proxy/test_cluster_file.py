"""The file with the peer URLs."""

from __future__ import annotations

from pathlib import Path

import pytest

from vard_http.proxy.cluster_file import read_peer_urls, write_peer_urls


def test_it_is_etcds_file(tmp_path: Path) -> None:
    path = tmp_path / "cluster"
    write_peer_urls(path, ["http://a:1", "http://b:2"])
    assert path.read_bytes() == b'{"PeerURLs":["http://a:1","http://b:2"]}'
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["cluster"]
    assert read_peer_urls(path) == ("http://a:1", "http://b:2")


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert read_peer_urls(tmp_path / "cluster") is None


@pytest.mark.parametrize("content", [b"", b"no json", b'{"PeerURLs":"a"}', b"\xff"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cluster"
    path.write_bytes(content)
    with pytest.raises(OSError, match="is not a proxy's list of peers"):
        read_peer_urls(path)
