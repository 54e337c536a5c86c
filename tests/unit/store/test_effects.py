"""What each operation does and answers (contract 5.3, 5.5, 6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.store.support import NOW, SECOND, shown, store_with
from vard_http.store import Event, Store

SOON = NOW + 3 * SECOND
SHOWN_TTL = b'"expiration":"2025-11-24T16:00:03Z","ttl":3,'

Step = Callable[[Store], Event]

# Each row: the steps, then status-201 flag and exact body of the last one.
BODIES: list[tuple[str, list[Step], bool, bytes]] = [
    (
        "set on nothing creates",
        [lambda s: s.set(b"/1/foo", b"bar", now=NOW)],
        True,
        b'{"action":"set","node":{"key":"/foo","value":"bar","modifiedIndex":1,'
        b'"createdIndex":1}}\n',
    ),
    (
        "set replaces, with a new createdIndex",
        [
            lambda s: s.set(b"/1/foo", b"bar", now=NOW),
            lambda s: s.set(b"/1/foo", b"baz", now=NOW),
        ],
        False,
        b'{"action":"set","node":{"key":"/foo","value":"baz","modifiedIndex":2,'
        b'"createdIndex":2},"prevNode":{"key":"/foo","value":"bar","modifiedIndex":1,'
        b'"createdIndex":1}}\n',
    ),
    (
        "set drops the TTL unless given again",
        [
            lambda s: s.set(b"/1/t", b"1", now=NOW, expires=SOON),
            lambda s: s.set(b"/1/t", b"2", now=NOW),
        ],
        False,
        b'{"action":"set","node":{"key":"/t","value":"2","modifiedIndex":2,"createdIndex":2},'
        b'"prevNode":{"key":"/t","value":"1",' + SHOWN_TTL + b'"modifiedIndex":1,'
        b'"createdIndex":1}}\n',
    ),
    (
        "a directory ignores its value",
        [lambda s: s.set(b"/1/d", b"ignored", directory=True, now=NOW, expires=SOON)],
        True,
        b'{"action":"set","node":{"key":"/d","dir":true,' + SHOWN_TTL + b'"modifiedIndex":1,'
        b'"createdIndex":1}}\n',
    ),
    (
        "a directory replaces a file",
        [
            lambda s: s.set(b"/1/f", b"v", now=NOW),
            lambda s: s.set(b"/1/f", b"", directory=True, now=NOW),
        ],
        False,
        b'{"action":"set","node":{"key":"/f","dir":true,"modifiedIndex":2,"createdIndex":2},'
        b'"prevNode":{"key":"/f","value":"v","modifiedIndex":1,"createdIndex":1}}\n',
    ),
    (
        "create",
        [lambda s: s.create(b"/1/c", b"", now=NOW)],
        True,
        b'{"action":"create","node":{"key":"/c","value":"","modifiedIndex":1,"createdIndex":1}}\n',
    ),
    (
        "create in order",
        [lambda s: s.create(b"/1/q", b"job", in_order=True, now=NOW)],
        True,
        b'{"action":"create","node":{"key":"/q/00000000000000000001","value":"job",'
        b'"modifiedIndex":1,"createdIndex":1}}\n',
    ),
    (
        "update keeps createdIndex, empties the value, removes the TTL",
        [
            lambda s: s.set(b"/1/a", b"v", now=NOW, expires=SOON),
            lambda s: s.update(b"/1/a", b"", now=NOW + 2 * SECOND),
        ],
        False,
        b'{"action":"update","node":{"key":"/a","value":"","modifiedIndex":2,"createdIndex":1},'
        b'"prevNode":{"key":"/a","value":"v","expiration":"2025-11-24T16:00:03Z","ttl":1,'
        b'"modifiedIndex":1,"createdIndex":1}}\n',
    ),
    (
        "update of a directory shows an index that is not stored",
        [
            lambda s: s.set(b"/1/d", b"", directory=True, now=NOW),
            lambda s: s.update(b"/1/d", b"", now=NOW, expires=SOON),
            lambda s: s.update(b"/1/d", b"", now=NOW),
        ],
        False,
        b'{"action":"update","node":{"key":"/d","dir":true,"modifiedIndex":3,"createdIndex":1},'
        b'"prevNode":{"key":"/d","dir":true,' + SHOWN_TTL + b'"modifiedIndex":1,'
        b'"createdIndex":1}}\n',
    ),
    (
        "compareAndSwap",
        [
            lambda s: s.set(b"/1/a", b"1", now=NOW),
            lambda s: s.compare_and_swap(b"/1/a", b"2", prev_value=b"1", now=NOW, expires=SOON),
        ],
        False,
        b'{"action":"compareAndSwap","node":{"key":"/a","value":"2",' + SHOWN_TTL + b'"modifiedIn'
        b'dex":2,"createdIndex":1},"prevNode":{"key":"/a","value":"1","modifiedIndex":1,'
        b'"createdIndex":1}}\n',
    ),
    (
        "delete of a file",
        [
            lambda s: s.set(b"/1/k", b"y", now=NOW, expires=SOON),
            lambda s: s.delete(b"/1/k", now=NOW),
        ],
        False,
        b'{"action":"delete","node":{"key":"/k","modifiedIndex":2,"createdIndex":1},'
        b'"prevNode":{"key":"/k","value":"y",' + SHOWN_TTL + b'"modifiedIndex":1,'
        b'"createdIndex":1}}\n',
    ),
    (
        "delete of a directory lists no children",
        [
            lambda s: s.set(b"/1/d/k", b"", now=NOW),
            lambda s: s.delete(b"/1/d", recursive=True, now=NOW),
        ],
        False,
        b'{"action":"delete","node":{"key":"/d","dir":true,"modifiedIndex":2,"createdIndex":1},'
        b'"prevNode":{"key":"/d","dir":true,"modifiedIndex":1,"createdIndex":1}}\n',
    ),
    (
        "compareAndDelete",
        [
            lambda s: s.set(b"/1/k", b"y", now=NOW),
            lambda s: s.compare_and_delete(b"/1/k", prev_index=1, now=NOW),
        ],
        False,
        b'{"action":"compareAndDelete","node":{"key":"/k","modifiedIndex":2,"createdIndex":1},'
        b'"prevNode":{"key":"/k","value":"y","modifiedIndex":1,"createdIndex":1}}\n',
    ),
    (
        "expire",
        [
            lambda s: s.set(b"/1/e", b"1", now=NOW, expires=SOON),
            lambda s: s.delete_expired(NOW + 3 * SECOND)[0],
        ],
        False,
        b'{"action":"expire","node":{"key":"/e","modifiedIndex":2,"createdIndex":1},'
        b'"prevNode":{"key":"/e","value":"1","expiration":"2025-11-24T16:00:03Z",'
        b'"modifiedIndex":1,"createdIndex":1}}\n',
    ),
    (
        "only the first /1 is cut from a key",
        [lambda s: s.set(b"/1/1/x", b"", now=NOW)],
        True,
        b'{"action":"set","node":{"key":"/1/x","value":"","modifiedIndex":1,"createdIndex":1}}\n',
    ),
]


@pytest.mark.parametrize(
    ("steps", "is_new", "body"), [pytest.param(*row[1:], id=row[0]) for row in BODIES]
)
def test_body(steps: list[Step], is_new: bool, body: bytes) -> None:
    store = Store()
    events = [step(store) for step in steps]
    assert events[-1].to_json() == body
    assert events[-1].is_new is is_new


BRIEF: list[tuple[Step, bytes | None]] = [
    (lambda s: s.set(b"/1/x", b"v", now=NOW), b'{"action":"set"}\n'),
    (lambda s: s.create(b"/1/x", b"v", now=NOW), b'{"action":"create"}\n'),
    (lambda s: s.update(b"/1/f", b"v", now=NOW), b'{"action":"update"}\n'),
    (
        lambda s: s.compare_and_swap(b"/1/f", b"v", prev_index=1, now=NOW),
        b'{"action":"compareAndSwap"}\n',
    ),
    (lambda s: s.get(b"/1/f", now=NOW), None),
    (lambda s: s.delete(b"/1/f", now=NOW), None),
    (lambda s: s.compare_and_delete(b"/1/f", prev_index=1, now=NOW), None),
]


@pytest.mark.parametrize(("step", "brief"), BRIEF)
def test_no_value_on_success_shortens_only_what_stores(step: Step, brief: bytes | None) -> None:
    event = step(store_with(b"/1/f"))
    assert event.to_brief_json() == (brief or event.to_json())
    assert len(event.to_json()) > 30


def test_missing_parents_become_permanent_directories_of_the_same_index() -> None:
    store = store_with(b"/1/other")
    store.set(b"/1/a/b/c", b"", now=NOW, expires=SOON)
    store.set(b"/1/a/b/d", b"", now=NOW)
    for path in (b"/1/a", b"/1/a/b"):
        node = shown(store.get(path, now=NOW))["node"]
        assert (node["modifiedIndex"], node["createdIndex"]) == (2, 2)
        assert "expiration" not in node


def test_empty_parents_stay() -> None:
    store = store_with(b"/1/a/b")
    store.delete(b"/1/a/b", now=NOW)
    assert shown(store.get(b"/1/a", now=NOW))["node"] == {
        "key": "/a",
        "dir": True,
        "modifiedIndex": 1,
        "createdIndex": 1,
    }


def test_a_directory_s_update_changes_its_ttl_but_not_its_stored_index() -> None:
    store = store_with(directories=(b"/1/d",))
    store.update(b"/1/d", b"", now=NOW, expires=SOON)
    node = shown(store.get(b"/1/d", now=NOW))["node"]
    assert (node["modifiedIndex"], node["ttl"]) == (1, 3)


def test_an_event_s_body_does_not_change_with_the_node() -> None:
    store = store_with(directories=(b"/1/d",))
    event = store.update(b"/1/d", b"", now=NOW, expires=SOON)
    store.update(b"/1/d", b"", now=NOW)
    store.delete(b"/1/d", directory=True, now=NOW)
    assert shown(event)["node"]["ttl"] == 3
