"""What etcd 0.4 answers at /v2/migration/snapshot: its store as JSON, keys at the root."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from vard_http.store import Directory, Node
from vard_http.transfer.errors import TransferError
from vard_http.transfer.etcd.snapshot import read_root


class Key(msgspec.Struct, frozen=True):
    """A key with its value; `ttl` is how many seconds it has left, None if it is to stay."""

    path: str
    value: str
    ttl: int | None


def read_migration(path: Path, hidden: Sequence[str], now: int) -> list[Key]:
    """All keys but hidden ones, then those at and below the paths in `hidden`.

    `now` is in nanoseconds since 1970; what has expired by then is left out. Raises TransferError,
    OSError.
    """
    try:
        root = read_root(path.read_bytes())
    except (msgspec.DecodeError, ValueError) as error:
        raise TransferError(f"{path} is not a snapshot of etcd 0.4: {error}") from error
    found = list(_keys("", root, now, hidden=False))
    for top in hidden:
        found += _keys("/" + top.strip("/"), _at(root, top, path), now, hidden=True)
    return found


def _at(root: Directory, top: str, path: Path) -> Node | Directory:
    here: Node | Directory | None = root
    for name in top.strip("/").split("/"):
        here = here.children.get(name.encode()) if isinstance(here, Directory) else None
    if here is None:
        raise TransferError(f"{path} has no {top}")
    return here


def _keys(path: str, top: Node | Directory, now: int, *, hidden: bool) -> Iterator[Key]:
    waiting = [(path, top)]
    while waiting:
        path, here = waiting.pop()
        node = here.node if isinstance(here, Directory) else here
        if node.expires and node.expires <= now:
            continue
        if isinstance(here, Node):
            ttl = -(-(here.expires - now) // 1_000_000_000) if here.expires else None
            yield Key(path, (here.value or b"").decode(errors="replace"), ttl)
            continue
        waiting.extend(
            (f"{path}/{name.decode()}", child)
            for name, child in reversed(here.children.items())
            if hidden or not name.startswith(b"_")
        )
