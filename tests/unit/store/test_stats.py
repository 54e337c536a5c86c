"""The counters of /v2/stats/store, oddities included (contract 12.1)."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.unit.store.support import NOW, store_with, watch
from vard_http.store import Store, StoreError

COUNTS: list[tuple[str, Callable[[Store], object], dict[str, int]]] = [
    ("get", lambda s: s.get(b"/1/f", now=NOW), {"getsSuccess": 1}),
    ("get 100", lambda s: s.get(b"/1/x", now=NOW), {"getsFail": 1}),
    ("get 104", lambda s: s.get(b"/1/f/x", now=NOW), {"getsFail": 1}),
    ("set", lambda s: s.set(b"/1/x", b"", now=NOW), {"setsSuccess": 1}),
    ("set 102", lambda s: s.set(b"/1/d", b"", now=NOW), {"setsFail": 1}),
    ("set 104", lambda s: s.set(b"/1/f/x", b"", now=NOW), {"setsFail": 1}),
    ("set 107", lambda s: s.set(b"/1", b"", now=NOW), {"setsFail": 1}),
    ("refresh 100", lambda s: s.set(b"/1/x", b"", refresh=True, now=NOW), {"setsFail": 1}),
    ("create", lambda s: s.create(b"/1/x", b"", now=NOW), {"createSuccess": 1}),
    ("create 105", lambda s: s.create(b"/1/f", b"", now=NOW), {"createFail": 1}),
    ("create 107", lambda s: s.create(b"/1", b"", now=NOW), {"createFail": 1}),
    (
        "create 104",
        lambda s: s.create(b"/1/f/x", b"", now=NOW),
        {"createFail": 1, "setsFail": 1},
    ),
    ("update", lambda s: s.update(b"/1/f", b"", now=NOW), {"updateSuccess": 1}),
    ("update 100", lambda s: s.update(b"/1/x", b"", now=NOW), {"updateFail": 1}),
    ("update 104", lambda s: s.update(b"/1/f/x", b"", now=NOW), {"updateFail": 1}),
    ("update 102", lambda s: s.update(b"/1/d", b"v", now=NOW), {"updateSuccess": 1}),
    ("update 107", lambda s: s.update(b"/1", b"", now=NOW), {"updateSuccess": 1}),
    *(
        (
            f"swap {path.decode()}",
            lambda s, path=path: s.compare_and_swap(path, b"", prev_value=b"w", now=NOW),
            {f"compareAndSwap{outcome}": 1},
        )
        for path, outcome in [
            (b"/1/x", "Fail"),
            (b"/1/f", "Fail"),
            (b"/1/d", "Fail"),
            (b"/1/f/x", "Fail"),
            (b"/1", "Success"),
        ]
    ),
    (
        "swap",
        lambda s: s.compare_and_swap(b"/1/f", b"", prev_value=b"v", now=NOW),
        {"compareAndSwapSuccess": 1},
    ),
    ("delete", lambda s: s.delete(b"/1/f", now=NOW), {"deleteSuccess": 1}),
    ("delete 100", lambda s: s.delete(b"/1/x", now=NOW), {"deleteFail": 1}),
    ("delete 102", lambda s: s.delete(b"/1/d", now=NOW), {"deleteFail": 1}),
    ("delete 104", lambda s: s.delete(b"/1/f/x", now=NOW), {"deleteFail": 1}),
    ("delete 108", lambda s: s.delete(b"/1/d", directory=True, now=NOW), {"deleteFail": 1}),
    ("delete 107", lambda s: s.delete(b"/1", now=NOW), {"deleteSuccess": 1}),
    *(
        (
            f"compare and delete {path.decode()}",
            lambda s, path=path: s.compare_and_delete(path, prev_value=b"w", now=NOW),
            {f"compareAndDelete{outcome}": 1},
        )
        for path, outcome in [
            (b"/1/x", "Fail"),
            (b"/1/f/x", "Fail"),
            (b"/1/f", "Success"),
            (b"/1/d", "Success"),
            (b"/1", "Success"),
        ]
    ),
    (
        "compare and delete",
        lambda s: s.compare_and_delete(b"/1/f", prev_value=b"v", now=NOW),
        {"compareAndDeleteSuccess": 1},
    ),
    ("expire", lambda s: s.delete_expired(NOW), {"expireCount": 1}),
    ("watch", lambda s: watch(s, b"/1/f"), {"watchers": 1}),
    ("watch answered from history", lambda s: watch(s, b"/1/f", since=1), {}),
    ("auth was never set up", lambda s: s.auth_enabled(), {"getsFail": 1}),
]


def _counters(store: Store) -> dict[str, int]:
    counters: dict[str, int] = json.loads(store.stats_json())
    return counters


@pytest.mark.parametrize(
    ("operation", "changes"), [pytest.param(*row[1:], id=row[0]) for row in COUNTS]
)
def test_what_an_operation_counts(
    operation: Callable[[Store], object], changes: dict[str, int]
) -> None:
    store = store_with(b"/1/f", b"/1/d/f")
    store.set(b"/1/t", b"", expires=NOW, now=NOW)
    before = _counters(store)
    with suppress(StoreError):
        operation(store)
    after = _counters(store)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == (
        changes
    )


def test_the_auth_lookup_succeeds_once_the_switch_exists() -> None:
    store = store_with(b"/2/enabled")
    store.auth_enabled()
    assert _counters(store)["getsSuccess"] == 1


def test_watchers_counts_those_registered_now() -> None:
    store = Store()
    _, cancelled = watch(store, b"/1/a", stream=True)
    watch(store, b"/1/a")
    watch(store, b"/1/b")
    cancelled.cancel()
    store.set(b"/1/a", b"", now=NOW)
    assert _counters(store)["watchers"] == 1


def test_the_body_lists_the_counters_in_etcd_s_order_without_a_newline() -> None:
    assert Store().stats_json() == (
        b'{"getsSuccess":0,"getsFail":0,"setsSuccess":0,"setsFail":0,"deleteSuccess":0,'
        b'"deleteFail":0,"updateSuccess":0,"updateFail":0,"createSuccess":0,"createFail":0,'
        b'"compareAndSwapSuccess":0,"compareAndSwapFail":0,"compareAndDeleteSuccess":0,'
        b'"compareAndDeleteFail":0,"expireCount":0,"watchers":0}'
    )
