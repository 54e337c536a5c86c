"""Copying the keys of one server into another over HTTP, both of them at work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.parse import quote

import msgspec

from vard_http.transfer.errors import TransferError
from vard_http.transfer.http_client import Client, Endpoint, Reply
from vard_http.transfer.tree import Item, Step, Tree, compare, read_tree, seconds_left

WORKERS: Final = 8
PASSES: Final = 10

_KEY_NOT_FOUND: Final = 100
_OVERTAKEN: Final = frozenset({100, 101, 102, 104, 105, 108})
"""Refusals that say that somebody else was there first; the next comparison shows what is so."""

_SHOWN_CONFLICTS: Final = 10
_REPLACEMENT: Final = "\ufffd"

Progress = Callable[[int, int], None]
"""Told how many of how many steps are done."""


class Copied(msgspec.Struct, frozen=True):
    """The outcome: the source's index and number of nodes when both trees were last compared.

    `extra` nodes are only in the target; `doubtful` ones are not UTF-8 in the source, which then
    shows something else in their place.
    """

    index: int
    nodes: int
    written: int
    extra: int
    doubtful: int


class _Refusal(msgspec.Struct, rename="camel"):
    error_code: int = 0
    message: str = ""
    cause: str = ""


class _Node(msgspec.Struct, rename="camel"):
    modified_index: int = 0


class _Written(msgspec.Struct):
    node: _Node


def copy_keys(
    source: Endpoint,
    target: Endpoint,
    hidden: Sequence[str],
    progress: Progress,
    *,
    overwrite: bool = False,
) -> Copied:
    """Make `target` contain all keys of `source`, with their TTLs, and compare both at the end.

    What is there already is passed over, so an import that broke off goes on where it was. No key
    that is different in the target is changed unless `overwrite`, and then only if nobody else
    changes it meanwhile. `hidden` are the paths of hidden nodes, which servers do not list.

    Raises TransferError: for keys in the way, or if the source changes faster than it is copied.
    """
    copying = _Copying(target, progress)
    reading, there = Client(source), Client(target)
    try:
        for _ in range(PASSES):
            index, wanted = _read_all(reading, source, hidden, must_exist=True)
            _, found = _read_all(there, target, hidden, must_exist=False)
            plan = compare(wanted, found, copying.ours, overwrite=overwrite)
            if not plan.steps:
                break
            copying.run(plan.steps)
        else:
            raise TransferError(
                f"{source.url} changes faster than it can be copied: {len(plan.steps)} differences"
                " are left; stop its writers, then run this again"
            )
    finally:
        reading.close()
        there.close()
    if plan.conflicts:
        raise _in_the_way(target, plan.conflicts)
    doubtful = sum(_REPLACEMENT in path + (item.value or "") for path, item in wanted.items())
    return Copied(index, len(wanted), copying.written, plan.extra, doubtful)


def _in_the_way(target: Endpoint, conflicts: Sequence[str]) -> TransferError:
    shown = ", ".join(conflicts[:_SHOWN_CONFLICTS])
    if len(conflicts) > _SHOWN_CONFLICTS:
        shown += ", ..."
    return TransferError(
        f"{len(conflicts)} nodes are different in {target.url}, and were left alone: {shown};"
        " all others are there. --overwrite gives keys the source's values; a directory in place of"
        " a key, or a key in place of a directory, has to be removed first"
    )


def _read_all(
    client: Client, endpoint: Endpoint, hidden: Sequence[str], *, must_exist: bool
) -> tuple[int, Tree]:
    """The index and all that is listed, and then what is at the `hidden` paths."""
    index, tree = _read(client, endpoint, "/", must_exist=must_exist)
    for path in hidden:
        tree |= _read(client, endpoint, path, must_exist=must_exist)[1]
    return index, tree


def _read(client: Client, endpoint: Endpoint, path: str, *, must_exist: bool) -> tuple[int, Tree]:
    target = f"{_target(path)}?recursive=true&sorted=true&quorum=true"
    reply = client.request("GET", target)
    if reply.status == 404 and _refusal(reply).error_code == _KEY_NOT_FOUND and not must_exist:
        return reply.index, {}
    if reply.status != 200:
        raise _refused(endpoint, "GET", path, reply)
    try:
        return reply.index, read_tree(reply.body, time.monotonic())
    except msgspec.DecodeError as error:
        raise TransferError(f"{endpoint.url} is no etcd: its answer is {error}") from error


class _Copying:
    """Carries out steps by several connections; `ours` is what it wrote, with modifiedIndexes."""

    def __init__(self, target: Endpoint, progress: Progress) -> None:
        self.ours: dict[str, int] = {}
        self.written = 0
        self._target = target
        self._progress = progress
        self._local = threading.local()

    def run(self, steps: Sequence[Step]) -> None:
        """Directories in order, then keys at once, then removals in order.

        Raises TransferError for the first that fails.
        """
        removals = [step for step in steps if step.action == "delete"]
        others = [step for step in steps if step.action != "delete"]
        directories = [step for step in others if step.item.value is None]
        keys = [step for step in others if step.item.value is not None]
        done = 0
        for batch, workers in ((directories, 1), (keys, WORKERS), (removals, 1)):
            for step, reply in self._sent(batch, workers):
                self._note(step, reply)
                done += 1
                self._progress(done, len(steps))

    def _sent(self, steps: Sequence[Step], workers: int) -> Iterable[tuple[Step, Reply | None]]:
        if not steps:
            return
        clients: list[Client] = []

        def open_client() -> None:
            self._local.client = client = Client(self._target)
            clients.append(client)

        executor = ThreadPoolExecutor(workers, initializer=open_client)
        try:
            yield from zip(steps, executor.map(self._send, steps), strict=True)
        finally:
            executor.shutdown(cancel_futures=True)
            for client in clients:
                client.close()

    def _send(self, step: Step) -> Reply | None:
        """None if the key has expired in the meantime."""
        client: Client = self._local.client
        ttl = seconds_left(step.item, time.monotonic())
        if step.action == "delete":
            condition = "dir=true" if step.item.value is None else f"prevIndex={step.at}"
            return client.request("DELETE", f"{_target(step.path)}?{condition}")
        if ttl is not None and ttl <= 0:
            return None
        return client.request("PUT", _target(step.path), _form(step, ttl))

    def _note(self, step: Step, reply: Reply | None) -> None:
        if reply is None:
            return
        if reply.status in (200, 201):
            self.written += 1
            if step.action == "delete":
                self.ours.pop(step.path, None)
            elif step.action == "expire":
                self.ours[step.path] = step.at  # which an update of a directory leaves as it is
            else:
                written = msgspec.json.decode(reply.body, type=_Written)
                self.ours[step.path] = written.node.modified_index
        elif _refusal(reply).error_code not in _OVERTAKEN:
            method = "DELETE" if step.action == "delete" else "PUT"
            raise _refused(self._target, method, step.path, reply)


def _form(step: Step, ttl: int | None) -> bytes:
    fields: list[tuple[str, bytes]] = []
    if step.action == "create":
        fields.append(("prevExist", b"false"))
    elif step.action == "swap":
        fields.append(("prevIndex", b"%d" % step.at))
    else:
        fields.append(("prevExist", b"true"))
    if step.item.value is None:
        fields.append(("dir", b"true"))
    else:
        fields.append(("value", _escaped(step.item)))
    if ttl is not None:
        fields.append(("ttl", b"%d" % ttl))
    return b"&".join(name.encode() + b"=" + value for name, value in fields)


_SPECIAL: Final[Mapping[bytes, bytes]] = {
    b"%": b"%25",
    b"&": b"%26",
    b"+": b"%2B",
    b";": b"%3B",
    b" ": b"+",
}


def _escaped(item: Item) -> bytes:
    """A value in a form, no longer than needed: forms are limited, and some values are long."""
    text = (item.value or "").encode()
    for character, replacement in _SPECIAL.items():
        text = text.replace(character, replacement)
    return text


def _target(path: str) -> str:
    return "/v2/keys" + quote(path)


def _refusal(reply: Reply) -> _Refusal:
    try:
        return msgspec.json.decode(reply.body, type=_Refusal)
    except msgspec.DecodeError:
        return _Refusal(message=reply.body.decode(errors="replace").strip())


def _refused(endpoint: Endpoint, method: str, path: str, reply: Reply) -> TransferError:
    refusal = _refusal(reply)
    reason = f"{refusal.message} ({refusal.cause})" if refusal.cause else refusal.message
    return TransferError(
        f"{endpoint.url} answers {reply.status} to {method} {path}: {reason}; once the cause is"
        " gone, run the same command again: it goes on where it stopped"
    )
