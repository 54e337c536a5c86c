"""The tree of keys as a server shows it over HTTP, and what makes another one equal to it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

TTL_TOLERANCE: Final = 3.0
"""Seconds by which two expiries may differ: each server tells and takes whole seconds only."""


class _Shown(msgspec.Struct, rename="camel"):
    key: str = ""
    value: str | None = None
    dir: bool = False
    expiration: str | None = None
    ttl: int = 0
    nodes: list[_Shown] = []
    modified_index: int = 0


class _Body(msgspec.Struct):
    node: _Shown


_decode_body = msgspec.json.Decoder(_Body).decode


class Item(msgspec.Struct, frozen=True):
    """A key (or, without a `value`, a directory).

    `expires` is on the reader's own clock, in seconds; `modified` is the modifiedIndex.
    """

    value: str | None
    expires: float | None
    modified: int
    has_children: bool = False


Tree = dict[str, Item]
"""Items by their paths, parents first; the root is not among them."""


class Step(msgspec.Struct, frozen=True):
    """A change to be made where `at`, the modifiedIndex there, still holds (0: nothing there)."""

    action: Literal["create", "swap", "expire", "delete"]
    path: str
    item: Item
    at: int = 0


class Plan(msgspec.Struct, frozen=True):
    """What is to be done, what stands in the way, and what only the target has."""

    steps: Sequence[Step]
    conflicts: Sequence[str]
    extra: int


def read_tree(body: bytes, now: float) -> Tree:
    """The tree in the answer to a recursive GET that came at `now` (seconds).

    What is due to expire is left out. Raises msgspec.DecodeError.
    """
    return dict(_items(_decode_body(body).node, now))


def _items(top: _Shown, now: float) -> Iterator[tuple[str, Item]]:
    waiting = [top]
    while waiting:
        shown = waiting.pop()
        if shown.expiration is not None and shown.ttl <= 0:
            continue
        if shown.key:
            expires = now + shown.ttl if shown.expiration is not None else None
            value = None if shown.dir else shown.value or ""
            yield shown.key, Item(value, expires, shown.modified_index, bool(shown.nodes))
        waiting.extend(reversed(shown.nodes))


def seconds_left(item: Item, now: float) -> int | None:
    """The TTL to write; 0 or less if it is too late."""
    return None if item.expires is None else math.ceil(item.expires - now)


def compare(source: Tree, target: Tree, ours: Mapping[str, int], *, overwrite: bool) -> Plan:
    """How to make `target` contain `source`.

    Only what this run wrote, `ours` with its modifiedIndex, is changed or removed again; with
    `overwrite` other keys are changed too. A directory that something is put into needs no step.
    """
    steps: list[Step] = []
    conflicts: list[str] = []
    for path, item in source.items():
        there = target.get(path)
        if there is None:
            if item.value is not None or item.expires is not None or not item.has_children:
                steps.append(Step("create", path, item))
        elif _same(item, there):
            pass
        elif (item.value is None) != (there.value is None):
            conflicts.append(path)
        elif overwrite or ours.get(path) == there.modified:
            action: Literal["swap", "expire"] = "swap" if item.value is not None else "expire"
            steps.append(Step(action, path, item, there.modified))
        else:
            conflicts.append(path)
    gone = [path for path in target if path not in source]
    steps.extend(
        Step("delete", path, target[path], target[path].modified)
        for path in reversed(gone)
        if ours.get(path) == target[path].modified
    )
    return Plan(steps, conflicts, sum(path not in ours for path in gone))


def _same(one: Item, other: Item) -> bool:
    if one.value != other.value:
        return False
    if one.expires is None or other.expires is None:
        return one.expires is other.expires
    return abs(one.expires - other.expires) <= TTL_TOLERANCE
