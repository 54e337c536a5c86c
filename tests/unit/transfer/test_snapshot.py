"""The JSON that etcd's store writes of itself, piece by piece."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vard_http.store import Image
from vard_http.transfer.etcd.snapshot import read_store, read_time

NEVER = "0001-01-01T00:00:00Z"
FAR = "0001-03-01T00:00:00Z"


def node(children: dict[str, Any] | None = None, value: str = "") -> dict[str, Any]:
    return {
        "Path": "/",
        "CreatedIndex": 1,
        "ModifiedIndex": 2,
        "ExpireTime": NEVER,
        "Value": value,
        "Children": children,
    }


def store(index: int, events: list[Any], front: int = 0, size: int | None = None) -> bytes:
    count = len([event for event in events if event])
    queue = {"Events": events, "Size": count if size is None else size, "Front": front}
    return msgspec.json.encode(
        {
            "Root": node({"1": node({"k": node(value="v"), "d": node({})})}),
            "WatcherHub": {"EventHistory": {"Queue": queue, "StartIndex": 1, "LastIndex": index}},
            "CurrentIndex": index,
            "Stats": {"getsSuccess": 4, "setsSuccess": 2},
            "CurrentVersion": 2,
        }
    )


def event(index: int, action: str = "set", **more: Any) -> dict[str, Any]:
    shown = {"key": "/1/k", "value": "v", "modifiedIndex": index, "createdIndex": 1}
    return {"action": action, "node": shown | more.pop("node", {}), **more}


def indexes(image: Image) -> list[int]:
    return [event.index for event in image.history]


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T00:00:00.5Z", 500_000_000),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T23:59:59.9Z", -100_000_000),
        ("1677-09-21T00:12:43.145224192Z", -(2**63)),
    ],
)
def test_times_are_read_to_the_nanosecond(text: str, nanoseconds: int) -> None:
    assert read_time(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "yesterday", "1970-01-01", "1970-13-01T00:00:00Z", FAR])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_time(text)


def test_files_and_empty_directories_are_told_apart() -> None:
    (users,) = (read_store(store(0, [])).root.children[name] for name in (b"1",))
    children = getattr(users, "children", {})
    assert children[b"k"].value == b"v"
    assert children[b"d"].children == {}


def test_the_ring_of_events_is_read_from_its_front() -> None:
    ring = [event(4), event(5), event(2), event(3)]
    assert indexes(read_store(store(5, ring, front=2))) == [2, 3, 4, 5]
    assert indexes(read_store(store(2, [event(1), event(2), None, None]))) == [1, 2]


def test_history_from_before_a_gap_is_dropped() -> None:
    assert indexes(read_store(store(5, [event(1), event(2), event(4), event(5)]))) == [4, 5]
    assert indexes(read_store(store(9, [event(1)]))) == []


@pytest.mark.parametrize("action", ["delete", "expire", "compareAndDelete"])
def test_removals_show_what_was_before(action: str) -> None:
    before = {"key": "/1/d", "dir": True, "modifiedIndex": 1, "createdIndex": 1}
    told = event(1, action, prevNode=before, node={"key": "/1/d", "dir": True})
    (read,) = read_store(store(1, [told])).history
    assert read.node is None
    assert read.removes_directory


def test_the_ttl_that_an_event_shows_is_kept() -> None:
    shown = {"expiration": "1970-01-01T00:01:40.5Z", "ttl": 7}
    before = {"key": "/1/k", "value": "", "expiration": "1970-01-01T00:01:38.7Z", "ttl": 5}
    (read,) = read_store(store(1, [event(1, node=shown, prevNode=before)])).history
    body = read.to_json()
    assert b'"expiration":"1970-01-01T00:01:40.5Z","ttl":7' in body
    assert b'"expiration":"1970-01-01T00:01:38.7Z","ttl":5' in body


def test_refreshes_stay_silent() -> None:
    assert read_store(store(1, [event(1, refresh=True)])).history[0].refresh


def test_counters_are_kept() -> None:
    assert read_store(store(0, [])).stats.gets_success == 4
