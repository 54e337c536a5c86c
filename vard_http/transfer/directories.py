"""A data directory made of another one: a stopped member's, or a stopped etcd's."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from vard_http.storage import StorageError
from vard_http.store import CommandError, DumpError
from vard_http.transfer.content import Content, read_member
from vard_http.transfer.errors import TransferError
from vard_http.transfer.etcd import read_data_directory
from vard_http.transfer.new_cluster import DEFAULT_NAME, make_data_directory, plan_cluster


def copy_directory(source: Path, wal_dir: Path | None, target: Path) -> Sequence[str]:
    """Make `target`, which begins a cluster of one member with all that `source` holds.

    Its ids are new every time. `source` is a data directory of ours or of etcd, whose write-ahead
    log may be in `wal_dir`. Returns what the operator should know. Raises TransferError, OSError.
    """
    try:
        content, notes = _read(source, wal_dir)
        plan = plan_cluster(DEFAULT_NAME, "", f"backup-{secrets.token_hex(8)}", content)
        make_data_directory(target, plan, content)
    except (StorageError, DumpError, CommandError) as error:
        raise TransferError(str(error)) from error
    return [*notes, f"{target}: {plan.identity}, at index {content.store.index}"]


def _read(source: Path, wal_dir: Path | None) -> tuple[Content, Sequence[str]]:
    if (source / "member").is_dir() or wal_dir is not None:
        imported = read_data_directory(source, wal_dir)
        return imported.content, imported.notes
    return read_member(source), ()
