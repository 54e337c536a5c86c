"""The event of reading a directory (contract 5.6, 5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from vard_http.store.encoding import escape, public_path
from vard_http.store.event import Event, render_head, render_node, render_tail
from vard_http.store.tree import Directory, Node

_HIDDEN = ord("_")


class Listing(Event, kw_only=True, gc=False):
    """A get of a directory.

    It holds the directory itself, so it must be rendered before the store is next written to.
    """

    directory: Directory
    recursive: bool
    ordered: bool

    def names(self) -> list[bytes]:
        """The names of all children, hidden ones too, sorted."""
        return sorted(self.directory.children)

    def _render(self) -> bytes:
        key = escape(public_path(self.path))
        parts = [b'{"action":"get","node":']
        self._render_directory(key, parts)
        parts.append(b"}\n")
        return b"".join(parts)

    def _render_directory(self, key: bytes, parts: list[bytes]) -> None:
        """Append the directory; nested ones are kept on a stack of half-read directories."""
        now, recursive = self.now, self.recursive
        open_directories: list[tuple[bytes, Node, Iterator[tuple[bytes, Node | Directory]]]] = []
        entering: Directory | None = self.directory
        while True:
            if entering is not None:
                children = self._visible(entering)
                parts.append(render_head(key, entering.node, now))
                parts.append(b',"nodes":[' if children else b"")
                open_directories.append((key, entering.node, iter(children)))
                entering = None
                first = True
            prefix, node, rest = open_directories[-1]
            for name, child in rest:
                key = b"%b/%b" % (prefix, escape(name))
                if not first:
                    parts.append(b",")
                first = False
                if not isinstance(child, Directory):
                    parts.append(render_node(key, child, now))
                elif recursive:
                    entering = child
                    break
                else:
                    parts.append(render_node(key, child.node, now))
            if entering is None:
                open_directories.pop()
                parts.append((b"" if first else b"]") + render_tail(node))
                first = False
                if not open_directories:
                    return

    def _visible(self, directory: Directory) -> list[tuple[bytes, Node | Directory]]:
        children = [item for item in directory.children.items() if item[0][0] != _HIDDEN]
        if self.ordered:
            children.sort(key=itemgetter(0))
        return children
