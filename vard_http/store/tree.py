"""The tree of keys: immutable nodes in directories that are copied on write by epoch.

There are no parent pointers and no cycles: reference counting alone frees the tree, and the
cyclic collector has nothing to find in it. Walks use explicit stacks, because keys may be nested
deeper than Python recurses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec


class Node(msgspec.Struct, gc=False, frozen=True):
    """What a node shows of itself, never changed but replaced.

    `value` is None for directories; `expires` is nanoseconds since 1970, 0 for permanent nodes.
    """

    value: bytes | None
    modified: int
    created: int
    expires: int


class Directory(msgspec.Struct, gc=False):
    """A directory: its own node and its children by name, in order of insertion.

    `epoch` is that of the tree when this object was made: only then may it be changed in place.
    """

    node: Node
    children: dict[bytes, Node | Directory]
    epoch: int


def split(path: bytes) -> list[bytes]:
    """The names along a clean absolute path; none for the root."""
    return path.split(b"/")[1:] if len(path) > 1 else []


def join(names: Sequence[bytes]) -> bytes:
    """The absolute path of `names`."""
    return b"/" + b"/".join(names)


def locate(root: Directory, names: Sequence[bytes]) -> tuple[Node | Directory, int]:
    """Walk down as far as the tree goes: the last node reached and how many names led to it."""
    here: Node | Directory = root
    depth = 0
    for name in names:
        if not isinstance(here, Directory):
            break
        child = here.children.get(name)
        if child is None:
            break
        here = child
        depth += 1
    return here, depth


def walk(path: bytes, directory: Directory) -> Iterator[tuple[bytes, Node]]:
    """Everything below `directory`, itself left out: paths and nodes, in no special order."""
    pending = [(path, directory)]
    while pending:
        prefix, here = pending.pop()
        for name, child in here.children.items():
            below = prefix + b"/" + name
            if isinstance(child, Directory):
                pending.append((below, child))
                yield below, child.node
            else:
                yield below, child


class Tree:
    """The root and the epoch.

    `freeze` hands out the present content, which stays as it is while writes go on: a directory
    older than the current epoch is copied when a write first walks through it. Reads never copy.
    """

    def __init__(self, root: Directory | None = None) -> None:
        self.epoch = 0
        self.root = Directory(Node(None, 0, 0, 0), {}, 0) if root is None else root

    def freeze(self) -> Directory:
        """The root of the present content, from now on never changed."""
        self.epoch += 1
        return self.root

    def own(self, names: Sequence[bytes], index: int = 0) -> Directory:
        """The directory at `names`, made safe to change; missing ones are created at `index`.

        No file may stand in the way.
        """
        epoch = self.epoch
        here = self.root
        if here.epoch != epoch:
            here = self.root = _copy(here, epoch)
        for name in names:
            child = here.children.get(name)
            if child is None:
                child = Directory(Node(None, index, index, 0), {}, epoch)
                here.children[name] = child
            elif not isinstance(child, Directory):
                raise TypeError(f"{name!r} is a file")
            elif child.epoch != epoch:
                child = _copy(child, epoch)
                here.children[name] = child
            here = child
        return here


def _copy(directory: Directory, epoch: int) -> Directory:
    return Directory(directory.node, directory.children.copy(), epoch)
