"""A store's content as a sequence of chunks, and back.

A chunk is the CRC-32 of its body (4 bytes, big-endian) and a msgpack body: first a Head, then
Events, Clients (none unless vard's protocol was used) and Nodes as many as needed, last an End. The
tree is walked from the root downwards, each directory before its children and children in order of
insertion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias, TypeVar
from zlib import crc32

import msgspec

from vard_http.store.clients import ClientEntry, Output
from vard_http.store.event import Event
from vard_http.store.history import CAPACITY
from vard_http.store.stats import Stats
from vard_http.store.tree import Directory, Node
from vard_http.store.ttl import TTLIndex

_VERSION: Final = 1
_CHUNK_SIZE: Final = 64 * 1024
_OVERHEAD: Final = 32
"""About what an entry takes besides its name and value, in bytes."""


class DumpError(Exception):
    """A dump is damaged or cut short, or not a dump."""


class Image(msgspec.Struct):
    """All that is dumped of a store.

    `history` is in order of index, `clients` in the order in which they are to be forgotten.
    """

    index: int
    stats: Stats
    history: list[Event]
    clients: list[ClientEntry]
    root: Directory


class Content(Image):
    """An image that was read back, with the expiry times found in its tree."""

    ttl: TTLIndex


_NodeFields = tuple[bytes | None, int, int, int]
"""value, modified, created, expires"""

_EventEntry = tuple[str, bytes, int, _NodeFields | None, _NodeFields | None, int, bool]
"""action, path, index, node, prev, now, refresh"""

_ClientFields = tuple[bytes, int, Output]
"""client, number, output"""

_TreeEntry = tuple[int, bytes, bytes | None, int, int, int]
"""depth, name, then as _NodeFields"""


_Entry = TypeVar("_Entry")


class _Body(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    number: int


class _Head(_Body, tag="head"):
    version: int
    index: int
    stats: Stats


class _Events(_Body, tag="events"):
    entries: list[_EventEntry]


class _Clients(_Body, tag="clients"):
    entries: list[_ClientFields]


class _Nodes(_Body, tag="nodes"):
    entries: list[_TreeEntry]


class _End(_Body, tag="end"):
    pass


_encoder = msgspec.msgpack.Encoder()
_Chunk: TypeAlias = _Head | _Events | _Clients | _Nodes | _End
_decoder: msgspec.msgpack.Decoder[_Chunk] = msgspec.msgpack.Decoder(_Chunk)


def write_image(image: Image) -> Iterator[bytes]:
    """The chunks of `image`, each of about 64 KiB (more only for a single larger value)."""
    number = 0

    def seal(body: _Body) -> bytes:
        nonlocal number
        number += 1
        encoded = _encoder.encode(body)
        return crc32(encoded).to_bytes(4, "big") + encoded

    yield seal(_Head(number, _VERSION, image.index, image.stats))
    for events in _batches(_event_entries(image.history)):
        yield seal(_Events(number, events))
    for clients in _batches(_client_entries(image.clients)):
        yield seal(_Clients(number, clients))
    for entries in _batches(_tree_entries(image.root)):
        yield seal(_Nodes(number, entries))
    yield seal(_End(number))


def read_image(chunks: Iterable[bytes]) -> Content:
    """The content that was written as `chunks`. Raises DumpError."""
    reader = ImageReader()
    for chunk in chunks:
        reader.feed(chunk)
    return reader.finish()


class ImageReader:
    """Puts an image together chunk by chunk, for callers that do other work in between."""

    def __init__(self) -> None:
        self._number = 0
        self._head: _Head | None = None
        self._history: list[Event] = []
        self._clients: list[ClientEntry] = []
        self._open: list[Directory] = []
        self._names: list[bytes] = []
        self._ttl = TTLIndex()
        self._complete = False

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk. Raises DumpError."""
        body = self._open_chunk(chunk)
        match body:
            case _Head() if self._head is None and body.version == _VERSION:
                self._head = body
            case _Head():
                raise DumpError(f"chunk {body.number}: a head out of place or of another version")
            case _ if self._head is None:
                raise DumpError("the first chunk is not a head")
            case _Events():
                self._history.extend(map(_read_event, body.entries))
            case _Clients():
                self._clients.extend(ClientEntry(*entry) for entry in body.entries)
            case _Nodes():
                self._add_nodes(body.entries)
            case _End():
                self._check_history()
                self._complete = True

    def finish(self) -> Content:
        """The content, when all chunks have been fed. Raises DumpError if some are missing."""
        head = self._head
        if head is None or not self._open or not self._complete:
            raise DumpError(f"the dump is not complete after {self._number} chunks")
        root = self._open[0]
        return Content(head.index, head.stats, self._history, self._clients, root, self._ttl)

    def _open_chunk(self, chunk: bytes) -> _Chunk:
        number = self._number
        if self._complete:
            raise DumpError(f"chunk {number} comes after the end")
        encoded = memoryview(chunk)[4:]
        if int.from_bytes(chunk[:4], "big") != crc32(encoded):
            raise DumpError(f"chunk {number} is damaged: its checksum does not match")
        try:
            body = _decoder.decode(encoded)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DumpError(f"chunk {number} is not part of a dump: {error}") from error
        except RecursionError:
            # Counters that this version does not know are skipped, however deep they are.
            raise DumpError(f"chunk {number} is not part of a dump: nested too deeply") from None
        if body.number != number:
            raise DumpError(f"chunk {body.number} where chunk {number} was due")
        self._number += 1
        return body

    def _add_nodes(self, entries: list[_TreeEntry]) -> None:
        open_directories, names = self._open, self._names
        for depth, name, value, modified, created, expires in entries:
            # One int object for both indexes saves 32 bytes a node.
            node = Node(value, modified, modified if created == modified else created, expires)
            entry = node if value is not None else Directory(node, {}, 0)
            if depth == 0 and not open_directories and isinstance(entry, Directory):
                open_directories.append(entry)
                names.append(name)
                continue
            if not 0 < depth <= len(open_directories):
                raise DumpError(f"node {name!r} is at depth {depth}, without a parent")
            if depth < len(open_directories):
                del open_directories[depth:], names[depth:]
            siblings = open_directories[-1].children
            if name in siblings:
                raise DumpError(f"node {name!r} is there twice")
            siblings[name] = entry
            if isinstance(entry, Directory):
                open_directories.append(entry)
                names.append(name)
            if expires:
                self._ttl.set(b"/".join([*names[:depth], name]), expires)

    def _check_history(self) -> None:
        """History must be the events right up to the index, each index once."""
        assert self._head is not None
        last = self._head.index
        indexes = [event.index for event in self._history]
        if len(indexes) > CAPACITY or indexes != list(range(last - len(indexes) + 1, last + 1)):
            raise DumpError(f"the history does not lead up to index {last}")


def _batches(entries: Iterable[tuple[int, _Entry]]) -> Iterator[list[_Entry]]:
    """Cut entries, given with their sizes in bytes, into lists of about a chunk each."""
    batch: list[_Entry] = []
    room = _CHUNK_SIZE
    for size, entry in entries:
        batch.append(entry)
        room -= size + _OVERHEAD
        if room <= 0:
            yield batch
            batch, room = [], _CHUNK_SIZE
    if batch:
        yield batch


def _event_entries(history: Iterable[Event]) -> Iterator[tuple[int, _EventEntry]]:
    for event in history:
        node, prev = _fields(event.node), _fields(event.prev)
        size = len(event.path) + sum(len(part[0] or b"") for part in (node, prev) if part)
        fields = (event.action, event.path, event.index, node, prev, event.now, event.refresh)
        yield size, fields


def _client_entries(clients: Iterable[ClientEntry]) -> Iterator[tuple[int, _ClientFields]]:
    for entry in clients:
        output = entry.output
        size = len(entry.client) + len(output.key)
        yield size + len(output.value or b"") + len(output.old or b""), entry


def _fields(node: Node | None) -> _NodeFields | None:
    return None if node is None else (node.value, node.modified, node.created, node.expires)


def _read_event(entry: _EventEntry) -> Event:
    action, path, index, node, prev, now, refresh = entry
    return Event(action, path, index, node and Node(*node), prev and Node(*prev), now, refresh)


def _tree_entries(root: Directory) -> Iterator[tuple[int, _TreeEntry]]:
    node = root.node
    yield 0, (0, b"", None, node.modified, node.created, node.expires)
    levels = [iter(root.children.items())]
    while levels:
        depth = len(levels)
        for name, child in levels[-1]:
            if isinstance(child, Directory):
                node = child.node
                yield len(name), (depth, name, None, node.modified, node.created, node.expires)
                levels.append(iter(child.children.items()))
                break
            value = child.value
            size = len(name) + (len(value) if value is not None else 0)
            yield size, (depth, name, value, child.modified, child.created, child.expires)
        else:
            levels.pop()
