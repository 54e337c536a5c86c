"""What the store says it holds is what is in its tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.store.support import NOW, SECOND, commands, run
from vard_http.store import Command, Store, dump
from vard_http.store.tree import NODE_BYTES, size_of

EMPTY = Store().size


def test_an_empty_store_holds_its_three_directories() -> None:
    assert 3 * NODE_BYTES + len(b"0") + len(b"1") == EMPTY


@pytest.mark.parametrize(
    ("path", "value", "size"),
    [
        (b"/1/k", b"value", 6 + NODE_BYTES),
        (b"/1/k", b"", 1 + NODE_BYTES),
        (b"/1/d/k", b"value", 7 + 2 * NODE_BYTES),
    ],
)
def test_a_node_costs_its_name_its_value_and_a_constant(
    path: bytes, value: bytes, size: int
) -> None:
    store = Store()
    store.set(path, value, now=NOW)
    assert store.size == EMPTY + size


def test_replacing_a_value_costs_the_difference() -> None:
    store = Store()
    store.set(b"/1/k", b"12345", now=NOW)
    store.set(b"/1/k", b"12", now=NOW)
    store.update(b"/1/k", b"1234", now=NOW)
    assert store.size == EMPTY + 1 + 4 + NODE_BYTES


def test_deleting_and_expiring_give_everything_back() -> None:
    store = Store()
    store.set(b"/1/d/e/k", b"value", now=NOW)
    store.set(b"/1/f/k", b"value", now=NOW)
    store.update(b"/1/f", b"", expires=NOW + SECOND, now=NOW)
    store.delete(b"/1/d", recursive=True, now=NOW)
    store.delete_expired(NOW + SECOND)
    assert store.size == EMPTY


@given(st.lists(commands))
def test_the_size_is_that_of_the_tree_after_any_commands(steps: list[Command]) -> None:
    store = Store()
    run(store, steps)
    assert store.size == size_of(b"", store.root)
    copy = Store()
    copy.restore(dump(store))
    assert copy.size == store.size
