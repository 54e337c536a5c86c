"""What is carried from one cluster to another: the store, and where it stood."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from vard_http.node.cluster import apply_change
from vard_http.raft import CONFIGURATION, NORMAL, Entry, decode_data
from vard_http.storage import Storage, open_storage
from vard_http.store import DumpError, Store, StoreError, apply, decode
from vard_http.transfer.archive import VERSION, ArchiveReader, Head
from vard_http.transfer.errors import TransferError


class Content(msgspec.Struct, frozen=True):
    """A store, the id of the cluster it comes from, and Raft's position and term there.

    `seed` is the same for the same content; it tells the clusters apart that are made of it.
    """

    store: Store
    cluster_id: int
    index: int
    term: int
    seed: str

    @property
    def head(self) -> Head:
        """The head of a backup of this."""
        return Head(VERSION, self.cluster_id, self.index, self.term, self.store.index)


def read_backup(path: Path) -> Content:
    """The content of a backup file, which is read to its end. Raises TransferError, OSError."""
    store = Store()
    with path.open("rb") as file:
        reader = ArchiveReader(file, str(path))
        try:
            store.restore(reader.chunks())
        except DumpError as error:
            raise TransferError(f"{path} is damaged: {error}; use another backup") from error
    head = reader.head
    if store.index != head.etcd_index:
        raise TransferError(f"{path} is damaged: its head belongs to another dump")
    return Content(store, head.cluster_id, head.raft_index, head.raft_term, reader.checksum[:8])


def read_member(data_dir: Path) -> Content:
    """The content of a stopped member, its whole log applied.

    Entries at the log's end that are not known to be committed count too: each may have been
    acknowledged. Raises StorageError, TransferError, and DumpError or CommandError for content that
    this program did not write.
    """
    storage = open_storage(data_dir, None)
    try:
        return _replay(storage, data_dir)
    finally:
        storage.close()


def _replay(storage: Storage, data_dir: Path) -> Content:
    recovered = storage.recover()
    store, index, term = Store(), 0, 0
    if recovered.snapshot is not None:
        index, term = recovered.snapshot.index, recovered.snapshot.term
        store.restore(storage.read_snapshot(recovered.snapshot))
    for entry in recovered.entries:
        if entry.index > index:
            _apply(store, entry)
            index, term = entry.index, entry.term
    if index == 0:
        raise TransferError(f"{data_dir} holds nothing yet: its member has never heard anything")
    return Content(store, storage.identity.cluster_id, index, term, f"{index:x}")


def _apply(store: Store, entry: Entry) -> None:
    if entry.kind == NORMAL:
        with contextlib.suppress(StoreError):  # its client was told
            apply(store, decode(entry.data[8:]))
    elif entry.kind == CONFIGURATION:
        apply_change(store, decode_data(entry.data).change)
