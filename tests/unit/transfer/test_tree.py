"""Which steps make one server's keys those of another."""

from __future__ import annotations

import msgspec
import pytest

from vard_http.transfer.tree import Item, Step, Tree, compare, read_tree, seconds_left

FILE = Item("v", None, 3)
OTHER = Item("w", None, 5)
DIRECTORY = Item(None, None, 3)
FULL = Item(None, None, 3, has_children=True)
MORTAL = Item("v", 100.0, 3)
MORTAL_DIRECTORY = Item(None, 100.0, 3, has_children=True)


@pytest.mark.parametrize(
    ("source", "target", "ours", "steps", "conflicts"),
    [
        ({"/k": FILE}, {}, {}, ["create /k"], []),
        ({"/k": FILE}, {"/k": FILE}, {}, [], []),
        ({"/k": FILE}, {"/k": OTHER}, {}, [], ["/k"]),
        ({"/k": FILE}, {"/k": OTHER}, {"/k": 5}, ["swap /k"], []),
        ({"/k": FILE}, {"/k": OTHER}, {"/k": 4}, [], ["/k"]),
        ({"/k": FILE}, {"/k": DIRECTORY}, {"/k": 3}, [], ["/k"]),
        ({"/d": DIRECTORY}, {}, {}, ["create /d"], []),
        ({"/d": FULL, "/d/k": FILE}, {}, {}, ["create /d/k"], []),
        ({"/d": MORTAL_DIRECTORY, "/d/k": FILE}, {}, {}, ["create /d", "create /d/k"], []),
        ({"/d": MORTAL_DIRECTORY}, {"/d": DIRECTORY}, {"/d": 3}, ["expire /d"], []),
        ({"/k": MORTAL}, {"/k": FILE}, {}, [], ["/k"]),
        ({"/k": MORTAL}, {"/k": Item("v", 102.0, 9)}, {}, [], []),
        ({"/k": MORTAL}, {"/k": Item("v", 110.0, 9)}, {}, [], ["/k"]),
        ({}, {"/k": OTHER}, {}, [], []),
        ({}, {"/d": FULL, "/d/k": FILE}, {"/d": 3, "/d/k": 3}, ["delete /d/k", "delete /d"], []),
        ({}, {"/k": OTHER}, {"/k": 4}, [], []),
    ],
)
def test_steps_and_conflicts(
    source: Tree, target: Tree, ours: dict[str, int], steps: list[str], conflicts: list[str]
) -> None:
    plan = compare(source, target, ours, overwrite=False)
    assert [f"{step.action} {step.path}" for step in plan.steps] == steps
    assert plan.conflicts == conflicts


def test_overwriting_swaps_only_what_was_seen() -> None:
    plan = compare({"/k": FILE}, {"/k": OTHER}, {}, overwrite=True)
    assert plan.steps == [Step("swap", "/k", FILE, at=5)]


def test_a_directory_in_place_of_a_key_is_not_overwritten() -> None:
    assert compare({"/k": FILE}, {"/k": DIRECTORY}, {}, overwrite=True).conflicts == ["/k"]


def test_what_only_the_target_has_is_counted() -> None:
    assert compare({}, {"/k": FILE, "/l": FILE}, {"/l": 2}, overwrite=False).extra == 1


def test_a_listing_becomes_a_tree_without_what_is_due() -> None:
    body = msgspec.json.encode(
        {
            "node": {
                "dir": True,
                "nodes": [
                    {"key": "/d", "dir": True, "nodes": [{"key": "/d/k", "value": ""}]},
                    {"key": "/mortal", "value": "v", "expiration": "…", "ttl": 9},
                    {"key": "/due", "value": "v", "expiration": "…"},
                ],
            }
        }
    )
    assert read_tree(body, now=1000.0) == {
        "/d": Item(None, None, 0, has_children=True),
        "/d/k": Item("", None, 0),
        "/mortal": Item("v", 1009.0, 0),
    }


@pytest.mark.parametrize(("now", "ttl"), [(90.0, 10), (90.5, 10), (99.9, 1), (100.0, 0)])
def test_time_that_passed_is_taken_off_the_ttl(now: float, ttl: int) -> None:
    assert seconds_left(MORTAL, now) == ttl
    assert seconds_left(FILE, now) is None
