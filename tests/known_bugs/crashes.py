"""Directories as a crash would leave them, and what is in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

import pytest

from vard_http.storage.database import Database
from vard_http.store import Store
from vard_http.transfer.content import Content, read_member


class Crashes:
    """Copies `directory` after each of its transactions, and within those of several statements."""

    def __init__(self, directory: Path, patch: pytest.MonkeyPatch) -> None:
        self.copies: list[Path] = []
        self._directory = directory
        original, write = Database.transaction, Database.write

        @contextmanager
        def transaction(database: Database, size: int = 0) -> Iterator[Connection]:
            with original(database, size) as connection:
                yield connection
                self._copy()
            self._copy()

        def one_statement(
            database: Database, sql: str, parameters: Sequence[object], size: int
        ) -> None:
            write(database, sql, parameters, size)
            self._copy()

        patch.setattr(Database, "transaction", transaction)
        patch.setattr(Database, "write", one_statement)

    def _copy(self) -> None:
        copy = self._directory.with_name(f"crash-{len(self.copies)}")
        self.copies.append(shutil.copytree(self._directory, copy))


def after_restart(directory: Path) -> Content:
    """What a member that starts here would come to, its whole log applied."""
    return read_member(directory)


def values(store: Store, directory: bytes) -> dict[bytes, bytes]:
    """The files right below a directory of keys."""
    found = store.peek(directory)
    children = getattr(found, "children", {})
    return {name: node.value for name, node in children.items() if node.value is not None}
