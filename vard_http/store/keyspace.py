"""The operations of the v2 tree: what each checks, in which order, and what it does (contract 5).

Checks come first: an operation that raises StoreError has changed nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from vard_http.store.errors import (
    COMPARE_FAILED,
    DIRECTORY_NOT_EMPTY,
    KEY_EXISTS,
    KEY_NOT_FOUND,
    NOT_A_DIRECTORY,
    NOT_A_FILE,
    ROOT_READ_ONLY,
    StoreError,
)
from vard_http.store.event import COMPARE_AND_SWAP, CREATE, SET, UPDATE, Event
from vard_http.store.tree import Directory, Node, Tree, expiring, join, locate, size_of, split
from vard_http.store.ttl import TTLIndex, or_permanent

_READ_ONLY: Final = frozenset({b"/", b"/0", b"/1"})


class Keyspace:
    """The tree, the etcd index and the expiry times."""

    def __init__(self, tree: Tree, ttl: TTLIndex, index: int) -> None:
        self.tree = tree
        self.ttl = ttl
        self.index = index

    def find(self, path: bytes) -> Node | Directory:
        """The node at `path`. Raises 100, 104."""
        names = split(path)
        node, depth = locate(self.tree.root, names)
        if depth < len(names):
            self._refuse_walk(names, node, depth)
        return node

    def set(
        self, path: bytes, value: bytes, directory: bool, expires: int, refresh: bool, now: int
    ) -> Event:
        """Create or replace. Raises 104, 100 (refresh only), 107, 102."""
        names = split(path)
        found, depth = locate(self.tree.root, names)
        missing = depth < len(names)
        if missing and (refresh or not isinstance(found, Directory)):
            self._refuse_walk(names, found, depth)
        self._refuse_root(path)
        if missing:
            return self._place(SET, path, names, value, directory, expires, None, now)
        if isinstance(found, Directory):
            self._refuse(NOT_A_FILE, path)
        if refresh and found.value is not None:
            value = found.value
        event = self._place(SET, path, names, value, directory, expires, found, now)
        event.refresh = refresh
        return event

    def create(self, path: bytes, value: bytes, directory: bool, expires: int, now: int) -> Event:
        """Create what is not there. Raises 107, 104, 105."""
        self._refuse_root(path)
        names = split(path)
        found, depth = locate(self.tree.root, names)
        if depth == len(names):
            self._refuse(KEY_EXISTS, path)
        if not isinstance(found, Directory):
            self._refuse_walk(names, found, depth)
        return self._place(CREATE, path, names, value, directory, expires, None, now)

    def update(self, path: bytes, value: bytes, expires: int, refresh: bool, now: int) -> Event:
        """Change value and TTL of a file or the TTL of a directory. Raises 107, 100, 104, 102.

        The event of a directory shows the new modifiedIndex, but the directory keeps its old one.
        """
        self._refuse_root(path)
        found = self.find(path)
        if not isinstance(found, Directory):
            if refresh and found.value is not None:
                value = found.value
            return self._rewrite(UPDATE, path, found, value, expires, refresh, now)
        if value:
            self._refuse(NOT_A_FILE, path)
        index = self.index = self.index + 1
        prev = found.node
        owned = self.tree.own(split(path), index)
        owned.node = Node(None, prev.modified, prev.created, expires)
        self._expire_at(path, expires, prev.expires)
        shown = Node(None, index, prev.created, expires)
        return Event(UPDATE, path, index, shown, prev, now, refresh)

    def compare_and_swap(
        self,
        path: bytes,
        value: bytes,
        prev_value: bytes,
        prev_index: int,
        expires: int,
        refresh: bool,
        now: int,
    ) -> Event:
        """Change a file if it is as expected. Raises 107, 100, 104, 102, 101."""
        self._refuse_root(path)
        found = self._expected_file(path, prev_value, prev_index)
        if refresh and found.value is not None:
            value = found.value
        return self._rewrite(COMPARE_AND_SWAP, path, found, value, expires, refresh, now)

    def check_delete(self, path: bytes, directory: bool, recursive: bool) -> None:
        """Raises 107, 100, 104, 102, 108 if `path` may not be deleted so."""
        self._refuse_root(path)
        found = self.find(path)
        if isinstance(found, Directory):
            if not (directory or recursive):
                self._refuse(NOT_A_FILE, path)
            if found.children and not recursive:
                self._refuse(DIRECTORY_NOT_EMPTY, path)

    def check_compare_and_delete(self, path: bytes, prev_value: bytes, prev_index: int) -> None:
        """Raises 100, 104, 102, 101 if `path` may not be deleted so."""
        self._expected_file(path, prev_value, prev_index)

    def remove(self, action: str, path: bytes, now: int) -> tuple[Event, Directory | None]:
        """Remove a node with all below it: the event, and what was removed if a directory."""
        names = split(path)
        index = self.index = self.index + 1
        found = self.tree.own(names[:-1], index).children.pop(names[-1])
        self.tree.size -= size_of(names[-1], found)
        if not isinstance(found, Directory):
            if found.expires:
                self.ttl.discard(path)
            return Event(action, path, index, None, found, now), None
        if len(self.ttl):
            self.ttl.discard(path)
            for below, _ in expiring(path, found):
                self.ttl.discard(below)
        return Event(action, path, index, None, found.node, now), found

    def _place(
        self,
        action: str,
        path: bytes,
        names: list[bytes],
        value: bytes,
        directory: bool,
        expires: int,
        prev: Node | None,
        now: int,
    ) -> Event:
        """Put a new node at `path`, in place of the file `prev` if there is one."""
        index = self.index = self.index + 1
        expires = or_permanent(expires)
        tree = self.tree
        node = Node(None if directory else value, index, index, expires)
        parent = tree.own(names[:-1], index)
        parent.children[names[-1]] = Directory(node, {}, tree.epoch) if directory else node
        tree.size += size_of(names[-1], node)
        if prev is not None:
            tree.size -= size_of(names[-1], prev)
        self._expire_at(path, expires, prev.expires if prev is not None else 0)
        return Event(action, path, index, node, prev, now)

    def _rewrite(
        self,
        action: str,
        path: bytes,
        prev: Node,
        value: bytes,
        expires: int,
        refresh: bool,
        now: int,
    ) -> Event:
        """Put new value and TTL into the file `prev`, which keeps its createdIndex."""
        index = self.index = self.index + 1
        names = split(path)
        node = Node(value, index, prev.created, expires)
        self.tree.own(names[:-1], index).children[names[-1]] = node
        self.tree.size += len(value) - len(prev.value or b"")
        self._expire_at(path, expires, prev.expires)
        return Event(action, path, index, node, prev, now, refresh)

    def _expire_at(self, path: bytes, expires: int, before: int) -> None:
        if expires != before:
            self.ttl.set(path, expires)

    def _expected_file(self, path: bytes, prev_value: bytes, prev_index: int) -> Node:
        """The file at `path` if value and modifiedIndex match; empty and 0 are not compared."""
        found = self.find(path)
        if isinstance(found, Directory):
            self._refuse(NOT_A_FILE, path)
        causes = []
        if prev_value and prev_value != found.value:
            causes.append(b"[%b != %b]" % (prev_value, found.value or b""))
        if prev_index and prev_index != found.modified:
            causes.append(b"[%d != %d]" % (prev_index, found.modified))
        if causes:
            self._refuse(COMPARE_FAILED, b" ".join(causes))
        return found

    def _refuse_root(self, path: bytes) -> None:
        if path in _READ_ONLY:
            self._refuse(ROOT_READ_ONLY, b"/")

    def _refuse_walk(self, names: Sequence[bytes], stop: Node | Directory, depth: int) -> NoReturn:
        """Refuse a path that `locate` could follow no further than `depth`."""
        if isinstance(stop, Directory):
            self._refuse(KEY_NOT_FOUND, join(names[: depth + 1]))
        self._refuse(NOT_A_DIRECTORY, join(names[:depth]))

    def _refuse(self, code: int, cause: bytes) -> NoReturn:
        raise StoreError(code, cause, self.index)
