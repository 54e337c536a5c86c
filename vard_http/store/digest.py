"""A fingerprint of replicated content."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from vard_http.store.store import Store
from vard_http.store.tree import Directory, Node


def digest(store: Store) -> str:
    """SHA-256 in hex of the etcd index, the sorted tree with its TTLs, and the clients' cache.

    Equal on members with equal content, whether they applied every command or were restored from
    a dump. The counters of 12.1 are each member's own and left out.
    """
    encode = msgspec.msgpack.Encoder().encode
    fingerprint = sha256(encode(store.index))
    for depth, name, node in _sorted_walk(store.root):
        fields = (depth, name, node.value, node.modified, node.created, node.expires)
        fingerprint.update(encode(fields))
    for entry in store.clients.entries():
        fingerprint.update(encode(entry))
    return fingerprint.hexdigest()


def _sorted_walk(root: Directory) -> Iterator[tuple[int, bytes, Node]]:
    pending: list[tuple[int, bytes, Node | Directory]] = [(0, b"", root)]
    while pending:
        depth, name, here = pending.pop()
        if not isinstance(here, Directory):
            yield depth, name, here
            continue
        yield depth, name, here.node
        backwards = sorted(here.children, reverse=True)
        pending.extend((depth + 1, child, here.children[child]) for child in backwards)
