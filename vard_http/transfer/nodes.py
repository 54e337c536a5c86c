"""The nodes in a backup, for who wants to read keys and has no use for a store."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

from vard_http.store import Directory, DumpError, ImageReader, Node
from vard_http.transfer.archive import ArchiveReader, Head
from vard_http.transfer.errors import TransferError

_KEYS: Final = b"1"
"""The directory of the store that holds what clients call the root."""


def read_nodes(backup: bytes, name: str, top: bytes) -> tuple[Head, list[tuple[bytes, Node]]]:
    """The head of a backup, and what is at `top` and below it with its paths, parents first.

    `top` is a clean path such as b"/app", or b"/" for all; the root itself is not among the nodes.
    If nothing is at `top` there are none. `name` is what errors call the backup.
    Raises TransferError if it is damaged.
    """
    reader = ArchiveReader(io.BytesIO(backup), name)
    image = ImageReader()
    try:
        for chunk in reader.chunks():
            image.feed(chunk)
        root: Node | Directory | None = image.finish().root.children.get(_KEYS)
    except DumpError as error:
        raise TransferError(f"{name} is damaged: {error}") from error
    for segment in top.split(b"/")[1:] if top != b"/" else ():
        root = root.children.get(segment) if isinstance(root, Directory) else None
    found = [] if root is None else list(_walk(top.rstrip(b"/"), root))
    return reader.head, found


def _walk(path: bytes, top: Node | Directory) -> Iterator[tuple[bytes, Node]]:
    waiting = [(path, top)]
    while waiting:
        path, entry = waiting.pop()
        if isinstance(entry, Node):
            yield path, entry
            continue
        if path:
            yield path, entry.node
        waiting.extend((b"%b/%b" % (path, name), child) for name, child in entry.children.items())
