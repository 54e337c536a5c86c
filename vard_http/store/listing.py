"""The event of reading a directory (contract 5.6, 5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vard_http.store.encoding import escape, public_path
from vard_http.store.event import Event, render_head, render_node, render_tail
from vard_http.store.tree import Directory

_HIDDEN: Final = ord("_")
_FIRST: Final = b',"nodes":['
_NEXT: Final = b","


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
        """Append the directory; those it is nested in wait, half read, on a stack."""
        now = self.now
        waiting: list[tuple[bytes, Directory, Iterator[bytes]]] = []
        here, prefix, names = self.directory, key, self._names_in(self.directory)
        parts.append(render_head(key, here.node, now))
        separator = _FIRST
        while True:
            for name in names:
                if name[0] == _HIDDEN:
                    continue
                child = here.children[name]
                key = b"%b/%b" % (prefix, escape(name))
                parts.append(separator)
                separator = _NEXT
                if not isinstance(child, Directory):
                    parts.append(render_node(key, child, now))
                elif not self.recursive:
                    parts.append(render_node(key, child.node, now))
                else:
                    waiting.append((prefix, here, names))
                    here, prefix, names = child, key, self._names_in(child)
                    parts.append(render_head(key, here.node, now))
                    separator = _FIRST
                    break
            else:
                if separator is _NEXT:
                    parts.append(b"]")
                parts.append(render_tail(here.node))
                if not waiting:
                    return
                prefix, here, names = waiting.pop()
                separator = _NEXT

    def _names_in(self, directory: Directory) -> Iterator[bytes]:
        return iter(sorted(directory.children) if self.ordered else directory.children)
