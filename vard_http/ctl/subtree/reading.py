"""Reading a subtree from a cluster: exactly, out of a backup, or as far as a server lists it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal

import msgspec

from vard_http.client import ApiError, Client, InvalidAnswer, KeyNotFound, Node, Response
from vard_http.client.requests import Call, Request
from vard_http.ctl.subtree.tree import Entry, Tree, is_within, text_of

Source = Literal["auto", "backup", "listing"]

_REPLACEMENT: Final = "\ufffd".encode()
_BACKUP_SECONDS: Final = 600.0
"""How long a backup may take to arrive, once it has begun to."""

_SKEW_SECONDS: Final = 2
"""A server's Date is of whole seconds; what differs by less is not a clock that is wrong."""


class Reading(msgspec.Struct, frozen=True):
    """A subtree as it was at the etcd index `index`.

    `why_not_exact` is empty if the tree is all there is, byte by byte. Otherwise it is why the
    server could only list: hidden nodes that were not asked for are missing, and bytes that are not
    UTF-8 came as U+FFFD.
    """

    tree: Tree
    index: int
    why_not_exact: str = ""

    @property
    def doubtful(self) -> list[bytes]:
        """The paths that may hold other bytes than the tree says."""
        if not self.why_not_exact:
            return []
        return [
            path
            for path, entry in self.tree.items()
            if _REPLACEMENT in path or _REPLACEMENT in (entry.value or b"")
        ]


def read_subtree(
    client: Client, key: bytes, *, source: Source = "auto", hidden: Iterable[bytes] = ()
) -> Reading:
    """What is at `key` and below it, with all that was acknowledged before.

    `auto` is the backup that vard_http makes of itself, and else, with etcd or without the rights
    for that, what the server lists. Then `hidden` are hidden nodes to ask for, below `key`; those
    that are not there are passed over. Nodes that are due to expire are left out.
    Raises KeyNotFound, NotDirectory, ApiError (`backup` only) and what else the client raises.
    """
    if source == "listing":
        return _list(client, key, hidden, "only a listing was asked for")
    request = Request("GET", "/vard/backup", repeatable=True, hold=_BACKUP_SECONDS)
    answer = client.call(Call(request, lambda response: response, final=True))
    if answer.status == 200:
        return _read_backup(client, key, answer)
    reason = _refusal(answer)
    if source == "backup":
        raise ApiError(answer.status, reason)
    return _list(client, key, hidden, reason)


def _read_backup(client: Client, key: bytes, answer: Response) -> Reading:
    from vard_http.transfer.errors import TransferError  # these two import the whole server
    from vard_http.transfer.nodes import read_nodes

    try:
        head, nodes = read_nodes(answer.body, "the backup", key)
    except TransferError as error:
        raise InvalidAnswer(str(error)) from error
    if not nodes and key != b"/":
        client.get(text_of(key), quorum=True)  # raises the reason
    now = _server_time(answer)
    found: Tree = {}
    expired: set[bytes] = set()
    for path, node in nodes:
        ttl = -((now - node.expires) // 1_000_000_000) if node.expires else None
        if ttl is not None and ttl <= 0:
            expired.add(path)
        else:
            found[path] = Entry(node.value, ttl, node.modified)
    if expired:
        found = {p: e for p, e in found.items() if not any(is_within(p, top) for top in expired)}
    return Reading(found, head.etcd_index)


def _server_time(answer: Response) -> int:
    """The server's clock in nanoseconds since 1970: ours, unless both differ visibly."""
    now = time.time()
    try:
        there = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except ValueError:
        there = now
    return int((now if abs(there - now) < _SKEW_SECONDS else there) * 1e9)


def _refusal(answer: Response) -> str:
    match answer.status:
        case 401:
            return "only a user with role root may have all of it"
        case 404:
            return "the server is no vard_http"
        case _:
            return (
                f"the server answers {answer.status}: {answer.body[:200].decode(errors='replace')}"
            )


def _list(client: Client, key: bytes, hidden: Iterable[bytes], reason: str) -> Reading:
    result = client.get(text_of(key), recursive=True, quorum=True)
    tree = tree_of(result.node)
    for path in hidden:
        try:
            tree |= tree_of(client.get(text_of(path), recursive=True, quorum=True).node)
        except KeyNotFound:
            continue
    return Reading(tree, result.etcd_index, reason)


def tree_of(top: Node) -> Tree:
    """The tree that an answer shows, without what is due to expire."""
    tree: Tree = {}
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if node.expiration is not None and (node.ttl or 0) <= 0:
            continue
        if node.key != "/":
            value = None if node.dir else (node.value or "").encode()
            tree[node.key.encode()] = Entry(value, node.ttl, node.modified_index)
        waiting.extend(node.nodes)
    return tree


def now_in_utc() -> str:
    """The time, to the second, as RFC 3339 writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
