"""Entries of etcd's log as our own commands.

The data of a normal entry is an etcdserverpb.Request in etcd 2.x, and where 3.x serves the v2
API; other data is an InternalRaftRequest, which may hold such a Request as `v2`. (Source: etcd,
etcdserver/server.go: applyEntryNormal; apply_v2.go; membership/cluster.go.)
"""

from __future__ import annotations

import contextlib
import posixpath
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import orjson

from vard_http.config.identity import format_id
from vard_http.node.cluster import (
    MEMBERS,
    REMOVED,
    VERSION,
    attributes,
    attributes_path,
    raft_attributes,
    raft_attributes_path,
    read_cluster,
)
from vard_http.store import (
    Command,
    CompareAndDelete,
    CompareAndSwap,
    Create,
    Delete,
    QuorumGet,
    Set,
    Store,
    StoreError,
    Sync,
    Update,
    apply,
)
from vard_http.transfer.errors import TransferError
from vard_http.transfer.etcd.protobuf import Message, ProtobufError
from vard_http.transfer.etcd.wal import CONFIGURATION, NORMAL, Entry

_METHODS: Final = frozenset({b"PUT", b"POST", b"DELETE", b"QGET", b"SYNC"})
_ATTRIBUTES: Final = re.compile(rb"/0/members/[0-9a-f]{1,16}/attributes")

_V2, _VERSION_SET, _ATTRIBUTES_SET = 2, 1300, 1301
_V3_WRITES: Final = frozenset({4, 5, 6})
"""put, delete_range and txn."""

_ADD, _REMOVE, _UPDATE, _LEARN = range(4)


class _Read(NamedTuple):
    """An entry, its v2 request if it is one, the time of that if it is a SYNC, and its expiry."""

    entry: Entry
    request: Message | None
    synced: int
    expires: int


class Replay:
    """Applies the entries of a log to a store, as the etcd that wrote it did.

    `v3_writes` counts those to the key space of the v3 API, which are left out.
    """

    def __init__(self, store: Store) -> None:
        self.v3_writes = 0
        self._store = store

    def run(self, entries: Sequence[Entry]) -> None:
        """Apply them all. Raises TransferError for what no etcd up to 3.5 writes.

        When an event happened is told only by the log's next SYNC, 0.5 s later at most while
        something has a TTL. From it the TTLs are counted that watchers see in the history, and
        nothing else.
        """
        read = [self._read(entry) for entry in entries]
        for (entry, request, _, _), now in zip(read, _times(read), strict=True):
            if entry.kind == CONFIGURATION:
                _change(self._store, entry)
            elif request is not None:
                try:
                    _apply(self._store, request, now)
                except (ProtobufError, UnicodeDecodeError) as error:
                    raise _unknown(entry, str(error)) from error

    def _read(self, entry: Entry) -> _Read:
        try:
            request = self._request(entry)
            if request is None:
                return _Read(entry, None, 0, 0)
            synced = request.signed(15) if request.data(2) == b"SYNC" else 0
            return _Read(entry, request, synced, request.signed(9))
        except ProtobufError as error:
            raise _unknown(entry, str(error)) from error

    def _request(self, entry: Entry) -> Message | None:
        if entry.kind not in (NORMAL, CONFIGURATION):
            raise _unknown(entry, f"its type is {entry.kind}")
        if entry.kind == CONFIGURATION or not entry.data:
            return None
        message = Message(entry.data)
        if message.data(2) in _METHODS:
            return message
        if _V2 in message:
            return Message(message.data(_V2))
        self.v3_writes += bool(message.numbers & _V3_WRITES)
        return message if message.numbers & {_VERSION_SET, _ATTRIBUTES_SET} else None


def _times(read: Sequence[_Read]) -> list[int]:
    """When each of the entries was applied, roughly: the time of the next SYNC.

    Behind the last one it is a request's own expiry, for which no TTL is shown, or that SYNC's.
    """
    following, times = 0, []
    for entry in reversed(read):
        following = entry.synced or following
        times.append(following)
    times.reverse()
    latest = max((entry.synced for entry in read), default=0)
    for place, entry in enumerate(read):
        if not times[place]:
            times[place] = entry.expires or latest
    return times


def _apply(store: Store, request: Message, now: int) -> None:
    if _VERSION_SET in request:
        version = Message(request.data(_VERSION_SET)).data(1)
        store.set(VERSION, version, now=now)
        return
    if _ATTRIBUTES_SET in request:
        _set_attributes(store, Message(request.data(_ATTRIBUTES_SET)), now)
        return
    command = command_of(request, now)
    if (
        isinstance(command, Set)
        and _ATTRIBUTES.fullmatch(command.path)
        and store.peek(command.path.rpartition(b"/")[0]) is None
    ):
        return  # of a member that has been removed
    with contextlib.suppress(StoreError):  # its client was told
        apply(store, command)


def command_of(request: Message, now: int) -> Command:
    """The command of an etcdserverpb.Request. Raises TransferError for an unknown method."""
    method, path, value = request.data(2), _clean(request.data(3)), request.data(4)
    directory, recursive = bool(request.unsigned(5)), bool(request.unsigned(12))
    prev_value, prev_index = request.data(6), request.unsigned(7)
    expires, refresh = request.signed(9), bool(request.unsigned(17))
    match method:
        case b"POST":
            return Create(now, path, value, directory, True, expires)
        case b"DELETE" if prev_index or prev_value:
            return CompareAndDelete(now, path, prev_value, prev_index)
        case b"DELETE":
            return Delete(now, path, directory, recursive)
        case b"QGET":
            return QuorumGet(now, path, recursive, bool(request.unsigned(13)))
        case b"SYNC":
            return Sync(request.signed(15))
        case b"PUT":
            pass
        case _:
            raise TransferError(f"the log of etcd has a request of the unknown method {method!r}")
    exists = bool(request.unsigned(8)) if 8 in request else None
    if exists is False:
        return Create(now, path, value, directory, False, expires)
    if prev_index or prev_value:
        return CompareAndSwap(now, path, value, prev_value, prev_index, expires, refresh)
    if exists:
        return Update(now, path, value, expires, refresh)
    return Set(now, path, value, directory, expires, refresh)


def _clean(path: bytes) -> bytes:
    """A path as etcd's store takes it; it makes its own directories as `/2/users/`."""
    return posixpath.normpath(b"/" + path.lstrip(b"/"))


def _set_attributes(store: Store, request: Message, now: int) -> None:
    """What a member of etcd 3.5 publishes of itself."""
    member, published = request.unsigned(1), Message(request.data(2))
    path = attributes_path(member)
    if store.peek(path.rpartition(b"/")[0]) is not None:
        urls = [url.decode() for url in published.all(2)]
        store.set(path, attributes(published.data(1).decode(), urls), now=now)


def _change(store: Store, entry: Entry) -> None:
    """Carry out a raftpb.ConfChange, unless etcd refused it as it was applied."""
    try:
        change = Message(entry.data)
        kind, member, context = change.unsigned(2), change.unsigned(3), change.data(4)
        told = orjson.loads(context) if kind != _REMOVE else {}
        urls: list[str] = told.get("peerURLs") or []
    except (ProtobufError, orjson.JSONDecodeError, AttributeError) as error:
        raise _unknown(entry, str(error)) from error
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise _unknown(entry, "its peer URLs are none")
    cluster = read_cluster(store)
    if member in cluster.removed:
        return
    known = cluster.members.get(member)
    taken = {
        url for other in cluster.members.values() if other.id != member for url in other.peer_urls
    }
    if kind == _REMOVE:
        if known is not None:
            store.delete(_member_path(MEMBERS, member), directory=True, recursive=True, now=0)
            store.create(_member_path(REMOVED, member), b"", now=0)
    elif kind in (_ADD, _LEARN) and told.get("isPromote"):
        if known is not None:
            store.update(raft_attributes_path(member), raft_attributes(known.peer_urls), now=0)
    elif taken.intersection(urls):
        return
    elif kind in (_ADD, _LEARN):
        if known is None:
            store.create(raft_attributes_path(member), raft_attributes(urls), now=0)
    elif kind == _UPDATE and known is not None:
        store.update(raft_attributes_path(member), raft_attributes(urls), now=0)


def _member_path(directory: bytes, member: int) -> bytes:
    return b"%b/%b" % (directory, format_id(member).encode())


def _unknown(entry: Entry, why: str) -> TransferError:
    return TransferError(
        f"entry {entry.index} of etcd's log cannot be understood ({why}); it was not written by"
        " etcd 2.x to 3.5"
    )
