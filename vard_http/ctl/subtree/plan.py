"""What has to be written so that a cluster holds a given subtree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from vard_http.ctl.subtree.tree import Entry, Tree, parents

Mode = Literal["create", "overwrite", "replace"]

TTL_TOLERANCE: Final = 3
"""Seconds by which TTLs may differ and count as the same: a file is some time on its way."""


class Step(msgspec.Struct, frozen=True):
    """A change of the node at `path` into `entry`, or its removal.

    `there` is what is to be changed or removed: the change is not made if that changed meanwhile.
    """

    action: Literal["create", "change", "remove"]
    path: bytes
    entry: Entry
    there: Entry | None = None


class Conflict(msgspec.Struct, frozen=True):
    """A node that is in the way, and that the mode does not allow to touch."""

    path: bytes
    reason: str


class Plan(msgspec.Struct, frozen=True):
    """Steps by phases: each phase waits for the one before it; steps within one do not matter.

    `unchanged` nodes are there already; `extra` ones are only in the cluster, and stay.
    """

    phases: Sequence[Sequence[Step]]
    conflicts: Sequence[Conflict]
    unchanged: int
    extra: int

    @property
    def steps(self) -> Iterator[Step]:
        for phase in self.phases:
            yield from phase


def make_plan(wanted: Tree, found: Tree, mode: Mode) -> Plan:
    """How `found`, the subtree in the cluster, comes to hold `wanted`.

    `create` adds and changes nothing, `overwrite` changes values and TTLs too, `replace` also
    removes what `wanted` does not have.
    """
    creations: list[Step] = []
    changes: list[Step] = []
    conflicts: list[Conflict] = []
    blocking: set[bytes] = set()
    unchanged = 0
    full = {parent for path in wanted for parent in parents(path)}
    for path, entry in wanted.items():
        there = found.get(path)
        if there is None or there.is_directory != entry.is_directory:
            if there is not None:
                blocking.add(path)
            if not _is_implied(path, entry, full):
                creations.append(Step("create", path, entry))
        elif _same(entry, there, mode):
            unchanged += 1
        elif mode == "create":
            conflicts.append(Conflict(path, _difference(entry, there)))
        else:
            changes.append(Step("change", path, entry, there))
    blocking.update(path for path in full - wanted.keys() if _is_file(found.get(path)))
    extra = [path for path in found if path not in wanted and path not in full | blocking]
    if mode != "replace":
        conflicts.extend(Conflict(path, _kind_conflict(found[path])) for path in sorted(blocking))
        phases = [*_additions(creations, changes)]
        return Plan(phases, conflicts, unchanged, len(extra))
    first = blocking | {path for path in extra if any(p in blocking for p in parents(path))}
    later = [path for path in extra if path not in first]
    phases = [*_removals(first, found), *_additions(creations, changes), *_removals(later, found)]
    return Plan(phases, conflicts, unchanged, 0)


def _is_implied(path: bytes, entry: Entry, full: set[bytes]) -> bool:
    """Whether a directory comes by itself, with what is put into it."""
    return entry.is_directory and entry.ttl is None and path in full


def _is_file(entry: Entry | None) -> bool:
    return entry is not None and not entry.is_directory


def _same(wanted: Entry, there: Entry, mode: Mode) -> bool:
    if wanted.value != there.value:
        return False
    if wanted.ttl is None or there.ttl is None:
        return wanted.ttl is there.ttl
    # The TTL of what an earlier, interrupted run created has gone on running down.
    return mode == "create" or abs(wanted.ttl - there.ttl) <= TTL_TOLERANCE


def _difference(wanted: Entry, there: Entry) -> str:
    if wanted.value != there.value:
        return "has another value"
    return "has no TTL" if there.ttl is None else f"has a TTL of {there.ttl} s"


def _kind_conflict(there: Entry) -> str:
    if there.is_directory:
        return "is a directory, where the file has a key"
    return "is a key, where the file has a directory"


def _additions(creations: list[Step], changes: list[Step]) -> Iterator[list[Step]]:
    """Directories level by level, then all keys at once.

    A directory with a TTL must be there before what is in it, which would make one without.
    """
    directories = [step for step in creations if step.entry.is_directory]
    for depth in sorted({step.path.count(b"/") for step in directories}):
        yield [step for step in directories if step.path.count(b"/") == depth]
    yield [step for step in creations if not step.entry.is_directory] + changes


def _removals(paths: set[bytes] | list[bytes], found: Tree) -> Iterator[list[Step]]:
    """Keys, then directories from the bottom: what comes to be in one meanwhile keeps it."""
    steps = [Step("remove", path, found[path], found[path]) for path in paths]
    yield [step for step in steps if not step.entry.is_directory]
    directories = [step for step in steps if step.entry.is_directory]
    for depth in sorted({step.path.count(b"/") for step in directories}, reverse=True):
        yield [step for step in directories if step.path.count(b"/") == depth]
