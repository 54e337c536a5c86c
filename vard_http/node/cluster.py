"""The cluster's bookkeeping in the store, below /0, as etcd keeps it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import orjson

from vard_http.config.identity import format_id
from vard_http.raft import CONFIGURATION, Change, Configuration, ConfigurationData, Entry
from vard_http.raft import encode_data as encode_configuration
from vard_http.store import Directory, Node, Store, StoreError

MEMBERS: Final = b"/0/members"
REMOVED: Final = b"/0/removed_members"
VERSION: Final = b"/0/version"
CLUSTER_VERSION: Final = b"3.4.0"


class Member(msgspec.Struct, frozen=True):
    """One server; without `name` and `client_urls` it has not started yet."""

    id: int
    peer_urls: tuple[str, ...]
    name: str = ""
    client_urls: tuple[str, ...] = ()


class Cluster(msgspec.Struct, frozen=True):
    """The members by id, the ids of removed ones, and the agreed version (None: not yet).

    `changed_at` is the etcd index of the latest change of members; it tells one state of the
    membership from another on all servers alike.
    """

    members: Mapping[int, Member] = {}
    removed: frozenset[int] = frozenset()
    version: str | None = None
    changed_at: int = 0


class Reason(msgspec.Struct, array_like=True, frozen=True):
    """The context of a change of configuration: the member's peer URLs (none for a removal).

    `basis` is the `changed_at` on which it was decided, `number` what its requester knows it by.
    """

    peer_urls: tuple[str, ...] = ()
    basis: int = 0
    number: int = 0


encode_reason = msgspec.msgpack.Encoder().encode
decode_reason = msgspec.msgpack.Decoder(Reason).decode


def attributes_path(member: int) -> bytes:
    """Where a member publishes its name and client URLs."""
    return b"%b/%b/attributes" % (MEMBERS, format_id(member).encode())


def raft_attributes_path(member: int) -> bytes:
    """Where a member's peer URLs stand."""
    return b"%b/%b/raftAttributes" % (MEMBERS, format_id(member).encode())


def attributes(name: str, client_urls: Iterable[str]) -> bytes:
    """What a member publishes of itself."""
    return orjson.dumps({"name": name, "clientURLs": list(client_urls)})


def raft_attributes(peer_urls: Iterable[str]) -> bytes:
    """What the store says of a member's place in the cluster."""
    return orjson.dumps({"peerURLs": list(peer_urls)})


def read_cluster(store: Store) -> Cluster:
    """The bookkeeping as it stands in the store."""
    members = store.peek(MEMBERS)
    removed = store.peek(REMOVED)
    version = store.peek(VERSION)
    return Cluster(
        members=dict(sorted(_members(members))),
        removed=frozenset(int(name, 16) for name in _children(removed)),
        version=value.decode() if (value := _value(version)) else None,
        changed_at=max(_change_indexes(members, removed), default=0),
    )


def _change_indexes(
    members: Node | Directory | None, removed: Node | Directory | None
) -> Iterable[int]:
    for directory in _children(members).values():
        if isinstance(node := _children(directory).get(b"raftAttributes"), Node):
            yield node.modified
    for tombstone in _children(removed).values():
        if isinstance(tombstone, Node):
            yield tombstone.modified


def _children(node: Node | Directory | None) -> Mapping[bytes, Node | Directory]:
    return node.children if isinstance(node, Directory) else {}


def _members(directory: Node | Directory | None) -> Iterable[tuple[int, Member]]:
    for name, node in _children(directory).items():
        raft = _json(_children(node).get(b"raftAttributes"))
        own = _json(_children(node).get(b"attributes"))
        member = Member(
            id=int(name, 16),
            peer_urls=tuple(raft.get("peerURLs") or ()),
            name=own.get("name", ""),
            client_urls=tuple(own.get("clientURLs") or ()),
        )
        yield member.id, member


def _value(node: Node | Directory | None) -> bytes | None:
    return node.value if isinstance(node, Node) else None


def _json(node: Node | Directory | None) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(_value(node) or b"{}")
    return value


def bootstrap_entries(members: Mapping[int, Iterable[str]]) -> list[Entry]:
    """The log that every member of a new cluster starts with: one entry a member, in term 1.

    `members` maps ids to peer URLs. All entries hold the whole configuration, for none of the
    servers exists before the others.
    """
    configuration = Configuration(tuple(sorted(members)))
    return [
        Entry(
            index=index,
            term=1,
            kind=CONFIGURATION,
            data=encode_configuration(
                ConfigurationData(
                    configuration,
                    Change("add", member, encode_reason(Reason(tuple(members[member])))),
                )
            ),
        )
        for index, member in enumerate(configuration.voters, start=1)
    ]


def apply_change(store: Store, change: Change) -> None:
    """Bring the bookkeeping in step with a committed change of configuration.

    A change without context is Raft's own affair, such as a learner's becoming a voter.
    """
    if not change.context:
        return
    peer_urls = raft_attributes(decode_reason(change.context).peer_urls)
    count_lookups(store)
    place = raft_attributes_path(change.node)
    if change.operation == "remove":
        _remove(store, change.node)
    elif store.peek(place) is None:
        store.create(place, peer_urls, now=0)
    else:
        store.update(place, peer_urls, now=0)


def _remove(store: Store, member: int) -> None:
    name = format_id(member).encode()
    path, tombstone = b"%b/%b" % (MEMBERS, name), b"%b/%b" % (REMOVED, name)
    if store.peek(path) is not None:
        store.delete(path, directory=True, recursive=True, now=0)
    if store.peek(tombstone) is None:
        store.create(tombstone, b"", now=0)


def count_lookups(store: Store) -> None:
    """Read what etcd reads to validate a change: its statistics count that (contract 12.1)."""
    with contextlib.suppress(StoreError):
        store.get(MEMBERS, recursive=True, now=0)
        store.get(REMOVED, recursive=True, now=0)
