"""What each operation refuses, in which order (contract 5.2, 5.4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.store.support import NOW, store_with
from vard_http.store import Event, Store, StoreError, digest

Operation = Callable[[Store], Event]


def _store() -> Store:
    """/f is a file of value v and index 1, /d/f another, /e an empty directory; index 3."""
    return store_with(b"/1/f", b"/1/d/f", directories=(b"/1/e",))


REFUSALS: list[tuple[str, Operation, int, bytes]] = [
    ("get: missing", lambda s: s.get(b"/1/x/y", now=NOW), 100, b"/1/x"),
    ("get: last name missing", lambda s: s.get(b"/1/d/x/y", now=NOW), 100, b"/1/d/x"),
    ("get: below a file", lambda s: s.get(b"/1/f/x/y", now=NOW), 104, b"/1/f"),
    ("set: below a file", lambda s: s.set(b"/1/f/x", b"", now=NOW), 104, b"/1/f"),
    ("set: deep below a file", lambda s: s.set(b"/1/d/f/x/y", b"", now=NOW), 104, b"/1/d/f"),
    ("set: root", lambda s: s.set(b"/1", b"", now=NOW), 107, b"/"),
    ("set: root of all", lambda s: s.set(b"/", b"", now=NOW), 107, b"/"),
    ("set: bookkeeping root", lambda s: s.set(b"/0", b"", now=NOW), 107, b"/"),
    ("set: over a directory", lambda s: s.set(b"/1/d", b"", now=NOW), 102, b"/1/d"),
    (
        "set: directory over a directory",
        lambda s: s.set(b"/1/e", b"", directory=True, now=NOW),
        102,
        b"/1/e",
    ),
    ("refresh: missing", lambda s: s.set(b"/1/x", b"", refresh=True, now=NOW), 100, b"/1/x"),
    (
        "refresh: missing parent",
        lambda s: s.set(b"/1/x/y", b"", refresh=True, now=NOW),
        100,
        b"/1/x",
    ),
    ("refresh: directory", lambda s: s.set(b"/1/d", b"", refresh=True, now=NOW), 102, b"/1/d"),
    ("create: root", lambda s: s.create(b"/1", b"", now=NOW), 107, b"/"),
    ("create: below a file", lambda s: s.create(b"/1/f/x", b"", now=NOW), 104, b"/1/f"),
    ("create: file exists", lambda s: s.create(b"/1/f", b"", now=NOW), 105, b"/1/f"),
    (
        "create: directory exists",
        lambda s: s.create(b"/1/d", b"", directory=True, now=NOW),
        105,
        b"/1/d",
    ),
    (
        "in order: parent is a file",
        lambda s: s.create(b"/1/f", b"", in_order=True, now=NOW),
        104,
        b"/1/f",
    ),
    ("update: root", lambda s: s.update(b"/1", b"", now=NOW), 107, b"/"),
    ("update: missing", lambda s: s.update(b"/1/x/y", b"", now=NOW), 100, b"/1/x"),
    ("update: below a file", lambda s: s.update(b"/1/f/x", b"", now=NOW), 104, b"/1/f"),
    ("update: value of a directory", lambda s: s.update(b"/1/d", b"v", now=NOW), 102, b"/1/d"),
    (
        "swap: root",
        lambda s: s.compare_and_swap(b"/1", b"", prev_index=9, now=NOW),
        107,
        b"/",
    ),
    (
        "swap: missing",
        lambda s: s.compare_and_swap(b"/1/x", b"", prev_index=9, now=NOW),
        100,
        b"/1/x",
    ),
    (
        "swap: below a file",
        lambda s: s.compare_and_swap(b"/1/f/x", b"", prev_index=9, now=NOW),
        104,
        b"/1/f",
    ),
    (
        "swap: directory, before comparing",
        lambda s: s.compare_and_swap(b"/1/d", b"", prev_index=9, now=NOW),
        102,
        b"/1/d",
    ),
    (
        "swap: other value",
        lambda s: s.compare_and_swap(b"/1/f", b"", prev_value=b"w", prev_index=1, now=NOW),
        101,
        b"[w != v]",
    ),
    (
        "swap: other index",
        lambda s: s.compare_and_swap(b"/1/f", b"", prev_value=b"v", prev_index=9, now=NOW),
        101,
        b"[9 != 1]",
    ),
    (
        "swap: both differ, value first",
        lambda s: s.compare_and_swap(b"/1/f", b"", prev_value=b"w", prev_index=9, now=NOW),
        101,
        b"[w != v] [9 != 1]",
    ),
    ("delete: root", lambda s: s.delete(b"/1", recursive=True, now=NOW), 107, b"/"),
    ("delete: missing", lambda s: s.delete(b"/1/d/x", now=NOW), 100, b"/1/d/x"),
    ("delete: below a file", lambda s: s.delete(b"/1/f/x", now=NOW), 104, b"/1/f"),
    ("delete: directory", lambda s: s.delete(b"/1/e", now=NOW), 102, b"/1/e"),
    (
        "delete: full directory",
        lambda s: s.delete(b"/1/d", directory=True, now=NOW),
        108,
        b"/1/d",
    ),
    (
        "compare and delete: root is just a directory",
        lambda s: s.compare_and_delete(b"/1", prev_index=1, now=NOW),
        102,
        b"/1",
    ),
    (
        "compare and delete: missing",
        lambda s: s.compare_and_delete(b"/1/x", prev_index=1, now=NOW),
        100,
        b"/1/x",
    ),
    (
        "compare and delete: below a file",
        lambda s: s.compare_and_delete(b"/1/f/x", prev_index=1, now=NOW),
        104,
        b"/1/f",
    ),
    (
        "compare and delete: directory",
        lambda s: s.compare_and_delete(b"/1/e", prev_index=3, now=NOW),
        102,
        b"/1/e",
    ),
    (
        "compare and delete: other value",
        lambda s: s.compare_and_delete(b"/1/f", prev_value=b"w", now=NOW),
        101,
        b"[w != v]",
    ),
]


@pytest.mark.parametrize(
    ("operation", "code", "cause"),
    [pytest.param(*row[1:], id=row[0]) for row in REFUSALS],
)
def test_a_refused_operation_names_its_cause_and_changes_nothing(
    operation: Operation, code: int, cause: bytes
) -> None:
    store = _store()
    before = digest(store)

    with pytest.raises(StoreError) as refusal:
        operation(store)

    assert (refusal.value.code, refusal.value.cause, refusal.value.index) == (code, cause, 3)
    assert digest(store) == before
    assert store.history.last_index == 3


ACCEPTED: list[tuple[str, Operation]] = [
    ("delete a file with dir", lambda s: s.delete(b"/1/f", directory=True, now=NOW)),
    ("delete a file with recursive", lambda s: s.delete(b"/1/f", recursive=True, now=NOW)),
    ("delete an empty directory", lambda s: s.delete(b"/1/e", directory=True, now=NOW)),
    ("recursive implies dir", lambda s: s.delete(b"/1/d", recursive=True, now=NOW)),
    ("update a directory without a value", lambda s: s.update(b"/1/d", b"", now=NOW)),
    ("create in order below the root", lambda s: s.create(b"/1", b"", in_order=True, now=NOW)),
    (
        "an empty expected value is not compared",
        lambda s: s.compare_and_swap(b"/1/f", b"w", prev_value=b"", prev_index=1, now=NOW),
    ),
    (
        "swap by value alone",
        lambda s: s.compare_and_swap(b"/1/f", b"", prev_value=b"v", now=NOW),
    ),
    (
        "compare and delete with both",
        lambda s: s.compare_and_delete(b"/1/f", prev_value=b"v", prev_index=1, now=NOW),
    ),
]


@pytest.mark.parametrize("operation", [pytest.param(row[1], id=row[0]) for row in ACCEPTED])
def test_a_successful_write_takes_one_index(operation: Operation) -> None:
    store = _store()
    assert operation(store).index == 4
    assert store.index == 4


def test_an_in_order_name_that_is_taken_stays_taken_until_the_index_moves() -> None:
    store = store_with(b"/1/q/00000000000000000002")
    for _ in range(2):
        with pytest.raises(StoreError) as refusal:
            store.create(b"/1/q", b"", in_order=True, now=NOW)
        assert refusal.value.code == 105
        assert refusal.value.cause == b"/1/q/00000000000000000002"
    store.set(b"/1/other", b"", now=NOW)
    event = store.create(b"/1/q", b"", in_order=True, now=NOW)
    assert event.path == b"/1/q/00000000000000000003"


def test_a_directory_of_only_hidden_children_is_not_empty() -> None:
    store = store_with(b"/1/d/_hidden")
    with pytest.raises(StoreError) as refusal:
        store.delete(b"/1/d", directory=True, now=NOW)
    assert refusal.value.code == 108
