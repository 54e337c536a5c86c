"""Which writes are refused when there is no room, and until when."""

from __future__ import annotations

import pytest

from vard_http.node.quota import LOOK_SECONDS, RESERVE_BYTES, Quota
from vard_http.store import (
    NODE_BYTES,
    Command,
    CompareAndDelete,
    CompareAndSwap,
    Create,
    Delete,
    Set,
    Store,
    Sync,
    Update,
)

NOW = 1_764_000_000_000_000_000
PLENTY = 1 << 40


def quota(store: Store, room: int) -> Quota:
    """One that leaves room for `room` bytes more."""
    return Quota(store, store.size + room, lambda: PLENTY)


GROWING: list[Command] = [
    Set(NOW, b"/1/k", b"v"),
    Create(NOW, b"/1/k", b"v"),
    Update(NOW, b"/1/k", b"v"),
    CompareAndSwap(NOW, b"/1/k", b"v", b"w"),
]
OTHERS: list[Command] = [
    Delete(NOW, b"/1/k"),
    CompareAndDelete(NOW, b"/1/k", b"v"),
    Sync(NOW),
    Set(NOW, b"/1/k", b"", expires=NOW, refresh=True),
    Update(NOW, b"/1/k", b"", expires=NOW, refresh=True),
    CompareAndSwap(NOW, b"/1/k", b"", b"w", expires=NOW, refresh=True),
]


@pytest.mark.parametrize("command", GROWING, ids=lambda command: type(command).__name__)
def test_a_write_needs_room_for_key_value_and_node(command: Command) -> None:
    need = len(b"/1/k") + len(b"v") + NODE_BYTES
    assert not quota(Store(), need).refuses(command)
    assert quota(Store(), need - 1).refuses(command)


@pytest.mark.parametrize("command", OTHERS, ids=lambda command: type(command).__name__)
def test_what_adds_no_data_goes_on(command: Command) -> None:
    assert not quota(Store(), 0).refuses(command)


def test_without_a_limit_only_the_disk_counts() -> None:
    assert not Quota(Store(), 0, lambda: PLENTY).refuses(GROWING[0])
    assert Quota(Store(), 0, lambda: RESERVE_BYTES).refuses(GROWING[0])


def test_the_disk_must_take_the_log_and_a_whole_snapshot() -> None:
    store = Store()
    store.set(b"/1/k", b"v" * 1_000_000, now=NOW)
    assert Quota(store, 0, lambda: RESERVE_BYTES + 1_000_000).refuses(GROWING[0])
    assert not Quota(store, 0, lambda: RESERVE_BYTES + 1_100_000).refuses(GROWING[0])


def test_the_disk_is_looked_at_again_after_a_while() -> None:
    now, free = 100.0, [PLENTY, 0]
    limited = Quota(Store(), 0, lambda: free.pop(0), lambda: now)
    assert not limited.refuses(GROWING[0])
    now += LOOK_SECONDS + 0.1
    assert limited.refuses(GROWING[0])


def test_the_alarm_is_raised_by_a_refusal_and_ends_when_there_is_room() -> None:
    store = Store()
    store.set(b"/1/big", b"v" * 1000, now=NOW)
    limited = quota(store, 0)
    assert not limited.alarm
    assert limited.refuses(GROWING[0])
    assert limited.alarm
    store.delete(b"/1/big", now=NOW)
    assert not limited.alarm


def test_the_alarm_ends_with_a_write_that_fits() -> None:
    limited = quota(Store(), 1000)
    assert limited.refuses(Set(NOW, b"/1/k", b"v" * 2000))
    assert not limited.refuses(GROWING[0])
    assert not limited.alarm
