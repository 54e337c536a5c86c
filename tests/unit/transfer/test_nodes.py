"""Reading keys out of a backup."""

from __future__ import annotations

import pytest

from tests.unit.store.support import NOW
from tests.unit.transfer.support import some_content
from vard_http.store import Store, dump
from vard_http.transfer.archive import VERSION, Head, write_archive
from vard_http.transfer.errors import TransferError
from vard_http.transfer.nodes import read_nodes


def _backup(store: Store) -> bytes:
    return b"".join(write_archive(Head(VERSION, 1, 2, 3, store.index), dump(store)))


def _store() -> Store:
    store = Store()
    store.set(b"/1/a/b", b"\xff", now=NOW)
    store.set(b"/1/a/_h/c", b"", expires=NOW + 5, now=NOW)
    store.set(b"/1/ab", b"x", now=NOW)
    store.create(b"/1/a/empty", b"", directory=True, now=NOW)
    return store


@pytest.mark.parametrize(
    ("top", "paths"),
    [
        (b"/", [b"/a", b"/a/_h", b"/a/_h/c", b"/a/b", b"/a/empty", b"/ab"]),
        (b"/a", [b"/a", b"/a/_h", b"/a/_h/c", b"/a/b", b"/a/empty"]),
        (b"/a/_h/c", [b"/a/_h/c"]),
        (b"/a/empty", [b"/a/empty"]),
        (b"/a/b/c", []),
        (b"/none", []),
    ],
)
def test_a_backup_has_the_nodes_at_a_path_and_below(top: bytes, paths: list[bytes]) -> None:
    _, nodes = read_nodes(_backup(_store()), "it", top)

    assert sorted(path for path, _ in nodes) == paths


def test_nodes_have_their_bytes_and_expiry() -> None:
    head, nodes = read_nodes(_backup(_store()), "it", b"/a")
    found = dict(nodes)

    assert head.etcd_index == 4
    assert (found[b"/a/b"].value, found[b"/a/b"].modified) == (b"\xff", 1)
    assert found[b"/a/_h/c"].expires == NOW + 5
    assert found[b"/a/empty"].value is None


def test_bookkeeping_and_users_are_not_among_the_keys() -> None:
    _, nodes = read_nodes(_backup(some_content().store), "it", b"/")

    assert {path.split(b"/")[1] for path, _ in nodes} == {b"keys", b"mortal", b"_hidden"}


def test_a_damaged_backup_is_refused() -> None:
    with pytest.raises(TransferError, match="it is damaged"):
        read_nodes(_backup(_store())[:-1], "it", b"/")
