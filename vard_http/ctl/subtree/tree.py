"""The nodes of a subtree by their paths."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """A key with its value, or a directory, whose `value` is None.

    `ttl` is in seconds, None without one; `modified` is the modifiedIndex, 0 if not from a cluster.
    """

    value: bytes | None
    ttl: int | None = None
    modified: int = 0

    @property
    def is_directory(self) -> bool:
        return self.value is None


Tree = dict[bytes, Entry]
"""Entries by their paths, such as b"/app/port". The root, which is always there, is not in it."""


def clean(path: bytes) -> bytes:
    """The path as a server understands it: with a leading slash and without a trailing one."""
    return posixpath.normpath(b"/" + path.lstrip(b"/"))


def path_of(key: str) -> bytes:
    """The path of a key as users write it; bytes that are not UTF-8 are surrogates in it."""
    return clean(key.encode(errors="surrogateescape"))


def text_of(path: bytes) -> str:
    """The other way round: a path, or a value, as the client takes it."""
    return path.decode(errors="surrogateescape")


def is_within(path: bytes, top: bytes) -> bool:
    """Whether `path` is `top` or below it."""
    return path == top or path.startswith(top.rstrip(b"/") + b"/")


def parents(path: bytes) -> Iterator[bytes]:
    """The directories above a path, the nearest first, without the root."""
    path = posixpath.dirname(path)
    while path != b"/":
        yield path
        path = posixpath.dirname(path)


def moved(tree: Tree, top: bytes, to: bytes) -> Tree:
    """The tree with `to` in the place of `top` in each path.

    Where `to` is the root there is no place for the node at `top`: it is left out.
    """
    prefix, cut = to.rstrip(b"/"), len(top.rstrip(b"/"))
    paths = ((prefix + path[cut:], entry) for path, entry in tree.items())
    return {path: entry for path, entry in paths if path}


def hidden_tops(tree: Tree) -> list[bytes]:
    """The hidden nodes of a tree, and what is hidden within them: what no listing shows unasked."""
    found: set[bytes] = set()
    for path in tree:
        found.update(
            each
            for each in (path, *parents(path))
            if posixpath.basename(each).startswith(b"_") and each not in found
        )
    return sorted(found)


def readable(path: bytes) -> str:
    """A path for messages: on one line, whatever bytes it holds."""
    text = path.decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def counted(number: int, one: str, many: str) -> str:
    """The number with what it counts."""
    return f"{number} {one if number == 1 else many}"
