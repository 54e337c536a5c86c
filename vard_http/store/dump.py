"""Dumping a store and loading it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vard_http.store.image import write_image
from vard_http.store.store import Store


def dump(store: Store) -> Iterator[bytes]:
    """The store's content at the moment of this call, in chunks of about 64 KiB.

    The chunks are made one by one as they are asked for; the store may be written to meanwhile.
    """
    return write_image(store.freeze())


def load(chunks: Iterable[bytes]) -> Store:
    """A store with the content of a dump. Raises DumpError if it is damaged or incomplete."""
    store = Store()
    store.restore(chunks)
    return store
