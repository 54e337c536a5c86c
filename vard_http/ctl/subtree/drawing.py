"""A subtree as the lines of a drawing."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from vard_http.ctl.subtree.tree import Entry, Tree, readable


class Line(msgspec.Struct, frozen=True):
    """A node: the branches that lead to it, its name, and what is to be said of it.

    `below` is the number of nodes in a directory that are not drawn.
    """

    branches: str
    name: str
    entry: Entry
    below: int = 0


def draw(tree: Tree, top: bytes, depth: int | None = None) -> Iterator[Line]:
    """The node at `top` and then all below it, sorted by name, at most `depth` levels of them."""
    children = _by_parent(tree, top)
    entry = tree.get(top, Entry(None))
    cut = depth == 0
    yield Line("", readable(top), entry, _count(children, top) if cut else 0)
    levels = [iter(()) if cut else _siblings(children, top)]
    indents = [""]
    while levels:
        following = next(levels[-1], None)
        if following is None:
            levels.pop()
            indents.pop()
            continue
        path, is_last = following
        cut = depth is not None and len(levels) >= depth
        name = readable(path[path.rindex(b"/") + 1 :])
        branches = indents[-1] + ("└── " if is_last else "├── ")
        yield Line(branches, name, tree[path], _count(children, path) if cut else 0)
        if path in children and not cut:
            indents.append(indents[-1] + ("    " if is_last else "│   "))
            levels.append(_siblings(children, path))


def shortened(value: bytes, width: int) -> str:
    """A value on one line of at most `width` characters; what is cut ends in an ellipsis."""
    text = readable(value[: 4 * width + 4])
    if len(value) <= 4 * width + 4 and len(text) <= width:
        return text
    return text[: max(width - 3, 0)] + "..."


def _by_parent(tree: Tree, top: bytes) -> dict[bytes, list[bytes]]:
    children: dict[bytes, list[bytes]] = {}
    for path in sorted(tree):
        if path != top:
            children.setdefault(path[: path.rindex(b"/")] or b"/", []).append(path)
    return children


def _siblings(children: dict[bytes, list[bytes]], path: bytes) -> Iterator[tuple[bytes, bool]]:
    below = children.get(path, [])
    return ((child, child is below[-1]) for child in below)


def _count(children: dict[bytes, list[bytes]], path: bytes) -> int:
    waiting, count = [path], 0
    while waiting:
        below = children.get(waiting.pop(), [])
        count += len(below)
        waiting += below
    return count
