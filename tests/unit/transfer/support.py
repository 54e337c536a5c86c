"""What the tests of backup, restore and import share."""

from __future__ import annotations

import tarfile
from pathlib import Path

import msgspec

from tests.cluster.etcd_content import RECORDED, Observed
from tests.unit.store.support import NOW, SECOND
from vard_http.store import ClientRequest, Store, StoreError, apply
from vard_http.transfer.content import Content


def unpack(name: str, directory: Path) -> Path:
    """A recorded data directory of etcd, in `directory`."""
    with tarfile.open(RECORDED / f"{name}.tar.xz") as archive:
        # Debian 12's Python, 3.11.2, has no filters yet; newer ones warn without.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(directory)
    return directory


def recorded(name: str) -> Observed:
    """What that etcd said before it was killed."""
    return msgspec.json.decode((RECORDED / f"{name}.json").read_bytes(), type=Observed)


def shown_tree(store: Store, path: bytes = b"/1") -> str:
    """The body of a recursive GET."""
    return store.get(path, recursive=True, sorted=True, now=NOW).to_json().decode()


def first_event(store: Store, since: int) -> str:
    """What a recursive watch of all keys gets at once; empty if it would have to wait."""
    bodies: list[str] = []

    def deliver(event: object) -> bool:
        bodies.append(event.to_json().decode())  # type: ignore[attr-defined]
        return True

    try:
        store.watch(b"/1", recursive=True, since=since, deliver=deliver)
    except StoreError as error:
        return error.cause.decode()
    return bodies[0] if bodies else ""


def some_content() -> Content:
    """A small store: keys, TTLs, a hidden key, history, a vard client, one member's bookkeeping."""
    store = Store()
    store.create(b"/0/members/abc/raftAttributes", b'{"peerURLs":["http://old:1"]}', now=NOW)
    store.set(b"/0/removed_members/def", b"", now=NOW)
    store.set(b"/0/version", b"3.4.0", now=NOW)
    for number in range(20):
        store.set(b"/1/keys/%d" % number, b"value %d" % number, now=NOW)
    store.set(b"/1/mortal", b"x", expires=NOW + 1000 * SECOND, now=NOW)
    store.set(b"/1/_hidden", b"x", now=NOW)
    store.set(b"/2/users/root", b'{"user":"root","password":"$2a$..."}', now=NOW)
    apply(store, ClientRequest(NOW, b"a" * 16, 1, "get", b"vard"))
    return Content(store, cluster_id=0xC1, index=70, term=5, seed="5eed")


def files(directory: Path) -> dict[str, bytes]:
    """Every file below `directory` with its content."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
