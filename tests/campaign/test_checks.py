"""Each checker passes what a right cluster shows, and reports each way of being wrong."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.campaign.checks import (
    Verdict,
    lock_exclusive,
    nothing_else,
    promises_kept,
    registers_linearizable,
    replicas_agree,
    watches_complete,
)
from tests.campaign.history import Event, Hold, Promise, Record, Watched
from tests.campaign.register import Answer, Kind, Request, State
from tests.verification.linearizability import Operation


def op(
    invoked: float, returned: float | None, request: Request, answer: Answer | None = None
) -> Record:
    return Record("r0", "n1", Operation("k", invoked, returned, request, answer))


def put(at: float, value: str, index: int, before: State = None) -> Record:
    return op(at, at + 1, Request("put", value), Answer(index=index, before=before))


def lost_put(at: float, value: str) -> Record:
    return op(at, None, Request("put", value))


def read(at: float, value: str, index: int) -> Record:
    return op(at, at + 1, Request("read"), Answer(before=(value, index)))


def absent(at: float) -> Record:
    return op(at, at + 1, Request("read"), Answer(code=100))


def swap(at: float, kind: Kind, expected: str, expected_index: int, answer: Answer) -> Record:
    return op(at, at + 1, Request(kind, "new", expected, expected_index), answer)


RIGHT = {
    "writes and reads": [absent(0), put(2, "a", 5), read(4, "a", 5), put(6, "b", 7, ("a", 5))],
    "an unanswered write is read later": [put(0, "a", 5), lost_put(2, "b"), read(9, "b", 6)],
    "an unanswered write is never read": [put(0, "a", 5), lost_put(2, "b"), read(9, "a", 5)],
    "a swap finds what it expects": [
        put(0, "a", 5),
        swap(2, "cas_value", "a", 5, Answer(index=6, before=("a", 5))),
        swap(4, "cas_index", "new", 6, Answer(index=7, before=("new", 6))),
    ],
    "a failed comparison tells what there is": [
        put(0, "a", 5),
        swap(2, "cas_value", "z", 4, Answer(101, actual="a")),
        swap(4, "cas_index", "z", 4, Answer(101, actual="5")),
    ],
    "deleted": [
        put(0, "a", 5),
        op(2, 3, Request("delete"), Answer(index=6, before=("a", 5))),
        op(4, 5, Request("delete"), Answer(100)),
        op(6, 7, Request("create", "b"), Answer(index=8)),
    ],
}

WRONG = {
    "a stale read": [put(0, "a", 5), put(2, "b", 6, ("a", 5)), read(4, "a", 5)],
    "a lost write": [put(0, "a", 5), absent(2)],
    "a value at another index": [put(0, "a", 5), read(2, "a", 6)],
    "prevNode is not what was there": [put(0, "a", 5), put(2, "b", 6, None)],
    "the index goes back": [put(0, "a", 5), put(2, "b", 4, ("a", 5))],
    "a swap of what is gone": [
        put(0, "a", 5),
        put(2, "b", 6, ("a", 5)),
        swap(4, "cas_value", "a", 5, Answer(index=7, before=("a", 5))),
    ],
    "a swap by another index": [
        put(0, "a", 5),
        swap(2, "cas_index", "a", 4, Answer(index=6, before=("a", 5))),
    ],
    "a comparison that fails with what it expects": [
        put(0, "a", 5),
        swap(2, "cas_value", "a", 5, Answer(101, actual="a")),
    ],
    "two swaps of one value": [
        put(0, "a", 5),
        swap(2, "cas_value", "a", 5, Answer(index=6, before=("a", 5))),
        swap(2, "cas_value", "a", 5, Answer(index=7, before=("a", 5))),
    ],
    "created over what is there": [put(0, "a", 5), op(2, 3, Request("create", "b"), Answer())],
    "nothing to delete, though there is": [
        put(0, "a", 5),
        op(2, 3, Request("delete"), Answer(100)),
    ],
    "an unanswered write is undone": [
        put(0, "a", 5),
        lost_put(2, "b"),
        read(4, "b", 6),
        read(6, "a", 5),
    ],
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_history_of_a_key_holds(name: str) -> None:
    assert registers_linearizable(RIGHT[name]).outcome == "holds"


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_history_of_a_key_is_reported(name: str) -> None:
    assert registers_linearizable(WRONG[name]).outcome == "violated"


def test_a_search_that_is_too_long_is_neither_right_nor_wrong() -> None:
    assert registers_linearizable(RIGHT["writes and reads"], limit=1).outcome == "unknown"


def kept(number: int, at: float, *, parent: str = "") -> Promise:
    return Promise(f"/k/{number}", f"v{number}", at, at + 1, number, parent)


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        ({"/k/1": ("v1", 1), "/k/2": ("v2", 2)}, "holds"),
        ({"/k/1": ("v1", 1), "/k/2": ("v2", 2), "/k/9": ("v9", 3)}, "holds"),
        ({"/k/1": ("v1", 1)}, "violated"),
        ({"/k/1": ("v1", 1), "/k/2": ("v1", 2)}, "violated"),
        ({"/k/1": ("v1", 1), "/k/2": ("v2", 3)}, "violated"),
        ({"/k/1": ("v1", 1), "/k/2": ("v2", 2), "/k/3": ("v2", 3)}, "violated"),
        ({"/k/1": ("v1", 1), "/k/2": ("v2", 2), "/k/3": ("nobody's", 3)}, "violated"),
    ],
)
def test_acknowledged_writes_are_there_once(
    found: dict[str, tuple[str, int]], outcome: str
) -> None:
    promises = [kept(1, 0), kept(2, 2), Promise("/k/9", "v9", 3, None)]
    assert promises_kept(promises, found).outcome == outcome


@pytest.mark.parametrize(("second", "outcome"), [(0.5, "holds"), (2.0, "violated")])
def test_in_order_keys_follow_real_time(second: float, outcome: str) -> None:
    promises = [kept(2, 0, parent="/k"), kept(1, second, parent="/k")]
    found = {each.key: (each.value, each.index) for each in promises}
    assert promises_kept(promises, found).outcome == outcome


def event(index: int, key: str = "/d/a", action: str = "set") -> Event:
    return Event(index, action, key, f"v{index}")


def watcher(*indexes: int, gaps: Sequence[tuple[int, int]] = (), key: str = "/d/a") -> Watched:
    events = [event(index, key) for index in indexes]
    return Watched("w d", 1, events, list(gaps), reached=max(indexes))


@pytest.mark.parametrize(
    ("watched", "acknowledged", "outcome"),
    [
        ([watcher(1, 2, 4), watcher(1, 2)], {4: "/d/a"}, "holds"),
        ([watcher(1, 4, gaps=[(1, 3)]), watcher(1, 2, 4)], {}, "holds"),
        ([watcher(1, 4), watcher(1, 2, 4)], {}, "violated"),
        ([watcher(1, 4)], {3: "/d/b"}, "violated"),
        ([watcher(1, 4)], {3: "/elsewhere/b"}, "holds"),
        ([watcher(1, 2, 2)], {}, "violated"),
        ([watcher(2, 1)], {}, "violated"),
        ([watcher(1, 3), watcher(1, 3, key="/d/b")], {}, "violated"),
    ],
)
def test_watchers_see_everything_once_and_in_order(
    watched: list[Watched], acknowledged: dict[int, str], outcome: str
) -> None:
    assert watches_complete(watched, [], acknowledged).outcome == outcome


def test_what_only_the_history_at_the_end_knows_counts_for_watchers() -> None:
    assert watches_complete([watcher(1, 3)], [event(2)], {}).outcome == "violated"


FIRST = Hold("a", fence=5, acquired=1.0, expires=3.0)
RELEASED = Hold("a", fence=5, acquired=1.0, expires=3.0, released=1.5)


@pytest.mark.parametrize(
    ("holds", "events", "outcome"),
    [
        ([RELEASED, Hold("b", 7, 1.6, 4.0)], [event(5), event(6, action="delete")], "holds"),
        ([FIRST, Hold("b", 7, 3.1, 5.0)], [event(5), event(6, action="expire")], "holds"),
        ([FIRST, Hold("b", 7, 2.0, 5.0)], [event(5), event(6, action="expire")], "violated"),
        ([RELEASED, Hold("b", 7, 1.6, 4.0)], [event(5), event(7)], "violated"),
    ],
)
def test_a_lock_has_one_holder(holds: list[Hold], events: list[Event], outcome: str) -> None:
    assert lock_exclusive(holds, events, clocks_agree=True).outcome == outcome


def test_where_clocks_were_moved_a_lock_is_judged_by_its_fences_alone() -> None:
    holds, events = [FIRST, Hold("b", 7, 2.0, 5.0)], [event(5), event(6, action="expire")]
    assert lock_exclusive(holds, events, clocks_agree=False).outcome == "holds"


@pytest.mark.parametrize(("other", "outcome"), [("x", "holds"), ("y", "violated")])
def test_replicas_have_one_digest(other: str, outcome: str) -> None:
    states = {
        "n1": {"digest": "x", "etcd_index": 9, "raft_index": 12},
        "n2": {"digest": other, "etcd_index": 9, "raft_index": 12},
    }
    assert replicas_agree(states).outcome == outcome


def test_whatever_must_not_happen_is_a_violation() -> None:
    assert nothing_else("deaths", [], "none") == Verdict("deaths", "holds", "none")
    assert nothing_else("deaths", ["n1"], "none") == Verdict("deaths", "violated", "n1")
