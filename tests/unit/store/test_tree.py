"""The tree under the store: what the collector sees of it, and that it can be taken apart."""

from __future__ import annotations

import gc

from tests.unit.store.support import NOW, SECOND, store_with
from vard_http.store import Directory, Store


def test_the_cyclic_collector_has_nothing_to_walk_in_the_tree() -> None:
    store = Store()
    store.set(b"/1/d/e/f", b"v", expires=NOW + SECOND, now=NOW)
    pending: list[object] = [store.root]
    seen = 0
    while pending:
        here = pending.pop()
        seen += 1
        assert not gc.is_tracked(here)
        if isinstance(here, Directory):
            assert not gc.is_tracked(here.children)
            pending.extend(here.children.values())
    assert seen == 6


def test_unfrozen_directories_are_changed_in_place() -> None:
    store = store_with(b"/1/d/a")
    before = store.peek(b"/1/d")
    store.set(b"/1/d/b", b"", now=NOW)
    assert store.peek(b"/1/d") is before


def test_after_a_freeze_only_the_written_path_is_copied_and_only_once() -> None:
    store = store_with(b"/1/d/a", b"/1/e/a")
    written, other = store.peek(b"/1/d"), store.peek(b"/1/e")
    frozen = store.freeze()
    store.get(b"/1/d", recursive=True, now=NOW)
    assert store.root is frozen.root
    store.set(b"/1/d/b", b"", now=NOW)
    copied = store.peek(b"/1/d")
    assert copied is not written
    assert store.peek(b"/1/e") is other
    store.set(b"/1/d/c", b"", now=NOW)
    assert store.peek(b"/1/d") is copied


def test_a_very_deep_key_is_set_found_and_removed() -> None:
    path = b"/1" + b"/d" * 50_000
    store = Store()
    store.set(path, b"v", expires=NOW + SECOND, now=NOW)
    assert store.peek(path) is not None
    store.delete(b"/1/d", recursive=True, now=NOW)
    assert store.peek(b"/1/d") is None
    assert not store.has_ttl
