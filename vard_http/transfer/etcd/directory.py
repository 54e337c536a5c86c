"""A stopped member's data directory: its newest snapshot, and the log behind that."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from vard_http.config.identity import format_id
from vard_http.node.cluster import read_cluster
from vard_http.store import Directory, Store
from vard_http.transfer.content import Content
from vard_http.transfer.errors import TransferError
from vard_http.transfer.etcd.requests import Replay
from vard_http.transfer.etcd.snapshot import newest_snapshot, restore_snapshot
from vard_http.transfer.etcd.wal import Position, entries_after, read_wal, wal_files

_READ_LOCK: Final = struct.pack("hhqqi0q", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
_HELD: Final = (errno.EAGAIN, errno.EACCES)


class EtcdContent(msgspec.Struct, frozen=True):
    """What an etcd held, and what its operator should hear about it."""

    content: Content
    notes: Sequence[str]


def read_data_directory(data_dir: Path, wal_dir: Path | None = None) -> EtcdContent:
    """Read all of the v2 API in `data_dir`, whose etcd must not run; nothing in it changes.

    The whole log counts, its end that is not known to be committed too: each entry of it may have
    been acknowledged. Raises TransferError, OSError.
    """
    logs = wal_dir or data_dir / "member" / "wal"
    if not logs.is_dir():
        raise TransferError(f"{data_dir} is not a data directory of etcd: there is no {logs}")
    files = wal_files(logs)
    with _not_running(files):
        return _read(data_dir, files)


def _read(data_dir: Path, files: Sequence[Path]) -> EtcdContent:
    wal = read_wal(files)
    committed = {position for position in wal.snapshots if position.index <= wal.commit}
    store, start = Store(), Position(0, 0)
    if (found := newest_snapshot(data_dir / "member" / "snap", committed)) is not None:
        path, start = found
        restore_snapshot(store, path, start)
    log = entries_after(wal.entries, start.index)
    replay = Replay(store)
    replay.run(log)
    last = Position(log[-1].index, log[-1].term) if log else start
    if last.index < wal.commit:
        raise TransferError(
            f"the log of etcd ends at entry {last.index}, but {wal.commit} were committed; use"
            " another member's directory"
        )
    if _is_empty(store):
        raise TransferError(
            f"{data_dir} holds no keys of etcd's v2 API"
            + (
                ", only keys of the v3 API, which this server does not have"
                * bool(replay.v3_writes)
            )
        )
    content = Content(
        store, wal.cluster_id, last.index, max(wal.term, last.term), f"{last.index:x}"
    )
    told = _notes(store, wal.node_id, last, wal.commit, replay.v3_writes)
    return EtcdContent(content, told)


def _notes(store: Store, member: int, last: Position, commit: int, v3_writes: int) -> list[str]:
    notes = [
        f"member {format_id(member)} of etcd, whose log ends at entry {last.index} of term"
        f" {last.term}"
    ]
    members = len(read_cluster(store).members)
    if members > 1 and last.index > commit:
        notes.append(
            f"the last {last.index - commit} entries are not known to be committed, and are kept;"
            f" of the {members} members the one with the highest term, then index, has them all"
        )
    if v3_writes:
        notes.append(f"{v3_writes} writes of the v3 API in the log are left out, like all its keys")
    return notes


def _is_empty(store: Store) -> bool:
    return not any(
        isinstance(found := store.peek(path), Directory) and found.children
        for path in (b"/1", b"/2/users", b"/2/roles")
    )


@contextmanager
def _not_running(files: Sequence[Path]) -> Iterator[None]:
    """Hold read locks on the log, which an etcd at work has locked. Raises TransferError."""
    held = []
    try:
        for path in files:
            held.append(fd := os.open(path, os.O_RDONLY | os.O_CLOEXEC))
            try:
                # etcd uses locks of open files, and flock(2) where the kernel lacks them.
                fcntl.fcntl(fd, fcntl.F_OFD_SETLK, _READ_LOCK)
                fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in _HELD:
                    raise TransferError(f"{path} is in use: stop its etcd first") from None
                raise
        yield
    finally:
        for fd in held:
            os.close(fd)
