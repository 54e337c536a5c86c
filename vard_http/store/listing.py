"""The event of reading a directory (contract 5.6, 5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

from vard_http.store.encoding import escape, is_plain, public_path
from vard_http.store.event import Event, render_head, render_node, render_tail
from vard_http.store.tree import Directory

_HIDDEN: Final = ord("_")
_FIRST: Final = b',"nodes":['
_NEXT: Final = b","
_FILE: Final = b',{"key":"%b/%%b","value":"%%b","modifiedIndex":%%d,"createdIndex":%%d}'
_FULL: Final = 4 * 1024
"""Places of files that are rendered at once: one formatting of many is twice as fast as many."""


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
        files: list[bytes | int | None] = []
        separator = _FIRST
        while True:
            children = here.children
            for name in names:
                if name[0] == _HIDDEN:
                    continue
                child = children[name]
                if not isinstance(child, Directory) and not child.expires:
                    files += (name, child.value, child.modified, child.created)
                    if len(files) == _FULL:
                        parts += (separator, _render_files(prefix, files))
                        files, separator = [], _NEXT
                    continue
                if files:
                    parts += (separator, _render_files(prefix, files))
                    files, separator = [], _NEXT
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
                if files:
                    parts += (separator, _render_files(prefix, files))
                    files, separator = [], _NEXT
                if separator is _NEXT:
                    parts.append(b"]")
                parts.append(render_tail(here.node))
                if not waiting:
                    return
                prefix, here, names = waiting.pop()
                separator = _NEXT

    def _names_in(self, directory: Directory) -> Iterator[bytes]:
        return iter(sorted(directory.children) if self.ordered else directory.children)


def _render_files(prefix: bytes, files: list[bytes | int | None]) -> bytes:
    """What `render_node` makes of files in one directory, and commas between them.

    `files` has four places for each: name, value, modifiedIndex, createdIndex.
    """
    for place in (0, 1):
        texts = cast(list[bytes], files[place::4])
        if not is_plain(b"".join(texts)):
            files[place::4] = map(escape, texts)
    form = _FILE % prefix.replace(b"%", b"%%")
    return (form * (len(files) // 4) % tuple(files))[1:]
