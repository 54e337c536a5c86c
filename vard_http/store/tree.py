"""The tree of keys: immutable nodes in directories that are copied on write by epoch.

There are no parent pointers and no cycles: reference counting alone frees the tree, and the
cyclic collector has nothing to find in it. Walks use explicit stacks, because keys may be nested
deeper than Python recurses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

NODE_BYTES: Final = 256
"""What a node costs beside its name and value; etcd's quota reckons with the same."""


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


def expiring(path: bytes, directory: Directory) -> Iterator[tuple[bytes, int]]:
    """Path and expiry of every node below `directory` (at `path`) that has an expiry."""
    names = [path]
    levels = [iter(directory.children.items())]
    while levels:
        for name, child in levels[-1]:
            node = child.node if isinstance(child, Directory) else child
            if node.expires:
                yield b"/".join([*names, name]), node.expires
            if isinstance(child, Directory):
                names.append(name)
                levels.append(iter(child.children.items()))
                break
        else:
            names.pop()
            levels.pop()


def size_of(name: bytes, node: Node | Directory) -> int:
    """Bytes that the node called `name` stands for, with all that is below it."""
    size = len(name) + NODE_BYTES
    if not isinstance(node, Directory):
        return size + len(node.value or b"")
    directories = [node]
    while directories:
        children = directories.pop().children
        size += len(children) * NODE_BYTES + sum(map(len, children))
        for child in children.values():
            if isinstance(child, Directory):
                directories.append(child)
            else:
                size += len(child.value or b"")
    return size


def new_root() -> Directory:
    """The root of a fresh store, with its two permanent directories (contract 5.2)."""
    root = Directory(Node(None, 0, 0, 0), {}, 0)
    for name in (b"0", b"1"):
        root.children[name] = Directory(Node(None, 0, 0, 0), {}, 0)
    return root


class Tree:
    """The root and the epoch.

    `freeze` hands out the present content, which stays as it is while writes go on: a directory
    older than the current epoch is copied when a write first walks through it. Reads never copy.
    `size` is the `size_of` the root; whoever changes a directory got from `own` keeps it right.
    """

    def __init__(self, root: Directory) -> None:
        self.epoch = root.epoch
        self.size = size_of(b"", root)
        self.root = root

    def freeze(self) -> Directory:
        """The root of the present content, from now on never changed."""
        self.epoch += 1
        return self.root

    def own(self, names: Sequence[bytes], index: int) -> Directory:
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
                self.size += len(name) + NODE_BYTES
            elif not isinstance(child, Directory):
                raise TypeError(f"{name!r} is a file")
            elif child.epoch != epoch:
                child = _copy(child, epoch)
                here.children[name] = child
            here = child
        return here


def _copy(directory: Directory, epoch: int) -> Directory:
    return Directory(directory.node, directory.children.copy(), epoch)
