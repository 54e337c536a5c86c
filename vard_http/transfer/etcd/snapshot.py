"""etcd's snapshot files, `member/snap/<term>-<index>.snap`, and the v2 store's JSON in them.

A file is a snappb.Snapshot: the CRC-32C of a raftpb.Snapshot, and that, whose data is what the
store wrote of itself. (Source: etcd, snap/snapshotter.go, store/store.go: Save and Recovery.)
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from vard_http.store import Directory, Event, Image, Node, Stats, Store, write_image
from vard_http.transfer.errors import TransferError
from vard_http.transfer.etcd.crc32c import crc32c
from vard_http.transfer.etcd.protobuf import Message, ProtobufError
from vard_http.transfer.etcd.wal import Position, damaged

_NAME: Final = re.compile(r"([0-9a-f]{16})-([0-9a-f]{16})\.snap")
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_NEVER: Final = "0001-01-01T00:00:00Z"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NANOSECONDS: Final = 1_000_000_000
_REMOVALS: Final = frozenset({"delete", "expire", "compareAndDelete"})


class _Node(msgspec.Struct, rename="pascal"):
    created_index: int
    modified_index: int
    expire_time: str
    value: str
    children: dict[str, _Node] | None


class _Shown(msgspec.Struct, rename="camel"):
    """A node in an event."""

    key: str = "/"
    value: str | None = None
    dir: bool = False
    expiration: str | None = None
    ttl: int = 0
    modified_index: int = 0
    created_index: int = 0


class _Event(msgspec.Struct, rename="camel"):
    action: str
    node: _Shown
    prev_node: _Shown | None = None
    refresh: bool = False


class _Queue(msgspec.Struct, rename="pascal"):
    """A ring: `size` events from `front` on."""

    events: list[_Event | None]
    size: int
    front: int


class _History(msgspec.Struct, rename="pascal"):
    queue: _Queue


class _Hub(msgspec.Struct, rename="pascal"):
    event_history: _History


class _Store(msgspec.Struct, rename="pascal"):
    root: _Node
    watcher_hub: _Hub
    current_index: int
    stats: Stats


class _Rooted(msgspec.Struct, rename="pascal"):
    root: _Node


_decode_store = msgspec.json.Decoder(_Store).decode
_decode_rooted = msgspec.json.Decoder(_Rooted).decode


def newest_snapshot(directory: Path, known: Collection[Position]) -> tuple[Path, Position] | None:
    """The newest file whose position is among those that the log knows of; None without any.

    etcd makes the file before the log's record of it: a file that is not known may be incomplete.
    """
    if not directory.is_dir():
        return None
    found = []
    for path in directory.iterdir():
        if match := _NAME.fullmatch(path.name):
            position = Position(index=int(match[2], 16), term=int(match[1], 16))
            if position in known:
                found.append((position.index, path, position))
    if not found:
        return None
    _, path, position = max(found)
    return path, position


def read_snapshot(path: Path, position: Position) -> Image:
    """The store in a snapshot file. Raises TransferError."""
    try:
        outer = Message(path.read_bytes())
        content = outer.data(2)
        if not content or crc32c(content) != outer.unsigned(1):
            raise damaged(path, "its checksum does not match")
        snapshot = Message(content)
        metadata = Message(snapshot.data(2))
        if Position(metadata.unsigned(2), metadata.unsigned(3)) != position:
            raise damaged(path, "it is not the snapshot that its name says")
        return read_store(snapshot.data(1))
    except ProtobufError as error:
        raise damaged(path, str(error)) from error
    except RecursionError:
        raise TransferError(f"{path}: its directories are nested too deeply to be read") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise TransferError(
            f"{path} holds no store of etcd's v2 API ({error}); it was not written by etcd 2.x to"
            " 3.5"
        ) from error


def restore_snapshot(store: Store, path: Path, position: Position) -> None:
    """Fill `store` from a snapshot file. Raises TransferError."""
    try:
        store.restore(write_image(read_snapshot(path, position)))
    except OverflowError:
        raise damaged(path, "it has a number of more than 64 bits") from None


def read_store(text: bytes) -> Image:
    """The store that wrote `text` of itself. Raises msgspec.DecodeError, ValueError."""
    stored = _decode_store(text)
    queue = stored.watcher_hub.event_history.queue
    ring = queue.events
    places = range(queue.front, queue.front + queue.size)
    events = [event for place in places if (event := ring[place % len(ring)]) is not None]
    root = _directory(stored.root)
    for name in (b"0", b"1"):
        root.children.setdefault(name, Directory(Node(None, 0, 0, 0), {}, 0))
    return Image(
        index=stored.current_index,
        stats=stored.stats,
        history=_unbroken([_read_event(event) for event in events], stored.current_index),
        clients=[],
        root=root,
    )


def read_root(text: bytes) -> Directory:
    """Only the nodes of the store that wrote `text`. Raises msgspec.DecodeError, ValueError."""
    return _directory(_decode_rooted(text).root)


def read_time(text: str) -> int:
    """Nanoseconds since 1970 of a time as Go writes it. Raises ValueError."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time")
    seconds, fraction, zone = match.groups()
    elapsed = datetime.fromisoformat(seconds + zone.replace("Z", "+00:00")) - _EPOCH
    whole = elapsed.days * 86_400 + elapsed.seconds
    nanoseconds = whole * _NANOSECONDS + int((fraction or "0").ljust(9, "0"))
    if not -(1 << 63) <= nanoseconds < 1 << 63:
        raise ValueError(f"{text!r} is further from 1970 than etcd can count")
    return nanoseconds


def _expires(text: str | None) -> int:
    return 0 if text is None or text == _NEVER else read_time(text)


def _directory(top: _Node) -> Directory:
    """`top` with all below it; directories may be nested deeper than Python recurses."""
    root = Directory(_own(top), {}, 0)
    waiting = [(top, root)]
    while waiting:
        stored, directory = waiting.pop()
        for name, child in (stored.children or {}).items():
            node = _own(child)
            if child.children is None:
                directory.children[name.encode()] = node
            else:
                below = Directory(node, {}, 0)
                directory.children[name.encode()] = below
                waiting.append((child, below))
    return root


def _own(stored: _Node) -> Node:
    value = stored.value.encode() if stored.children is None else None
    expires = _expires(stored.expire_time)
    return Node(value, stored.modified_index, stored.created_index, expires)


def _read_event(event: _Event) -> Event:
    shown, before = event.node, event.prev_node
    removed = event.action in _REMOVALS
    if removed and before is None:
        before = _Shown(shown.key, None if shown.dir else "", shown.dir)
    return Event(
        action=event.action,
        path=shown.key.encode(),
        index=shown.modified_index,
        node=None if removed else _as_node(shown),
        prev=None if before is None else _as_node(before),
        now=_time_of(shown, before),
        refresh=event.refresh,
    )


def _as_node(shown: _Shown) -> Node:
    value = None if shown.dir else (shown.value or "").encode()
    expires = _expires(shown.expiration)
    return Node(value, shown.modified_index, shown.created_index, expires)


def _time_of(*nodes: _Shown | None) -> int:
    """The earliest time at which the expirations were just the TTLs away that the event shows."""
    times = [
        _expires(node.expiration) - node.ttl * _NANOSECONDS
        for node in nodes
        if node is not None and node.expiration is not None
    ]
    return max(times, default=0)


def _unbroken(events: list[Event], index: int) -> list[Event]:
    """The latest events without a gap up to `index`, which are all in a sound store."""
    for place, event in enumerate(reversed(events)):
        if event.index != index - place:
            return events[len(events) - place :]
    return events
