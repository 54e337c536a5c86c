"""What `vardctl load` decides to write, in each of its modes."""

from __future__ import annotations

import pytest

from vard_http.ctl.subtree.plan import Mode, Plan, make_plan
from vard_http.ctl.subtree.tree import Entry, Tree, hidden_tops, moved


def _tree(**nodes: object) -> Tree:
    """`a_b="1"` is the key /a/b, `a=None` a directory, `a=("1", 30)` has a TTL."""
    return {
        b"/" + name.replace("_", "/").encode(): _entry(
            *(node if isinstance(node, tuple) else (node,))
        )
        for name, node in nodes.items()
    }


def _entry(value: str | None, ttl: int | None = None) -> Entry:
    return Entry(None if value is None else value.encode(), ttl)


def _shown(plan: Plan) -> list[str]:
    phases = [sorted(f"{s.action} {s.path.decode()}" for s in phase) for phase in plan.phases]
    return [", ".join(phase) for phase in phases if phase]


@pytest.mark.parametrize("mode", ["create", "overwrite", "replace"])
def test_into_nothing_directories_go_before_what_is_in_them(mode: Mode) -> None:
    wanted = _tree(a=(None, 60), a_b=(None, 30), a_b_c="1", empty=None, plain=None, plain_x="2")

    plan = make_plan(wanted, {}, mode)

    assert _shown(plan) == [
        "create /a, create /empty",
        "create /a/b",
        "create /a/b/c, create /plain/x",
    ]


@pytest.mark.parametrize("mode", ["create", "overwrite", "replace"])
def test_what_is_there_already_needs_no_step(mode: Mode) -> None:
    tree = _tree(d=None, d_k="1", t=("2", 100))
    later = _tree(d=None, d_k="1", t=("2", 98))

    plan = make_plan(tree, later, mode)

    assert (list(plan.steps), plan.conflicts, plan.unchanged) == ([], [], 3)


def test_create_reports_what_is_different_and_changes_nothing() -> None:
    found = _tree(a="other", b=("1", 5), c="1", d="1", e=None, mine="x")
    wanted = _tree(a="1", b="1", c=("1", 5), d_k="1", e="1", new="1")

    plan = make_plan(wanted, found, "create")

    assert [(c.path.decode(), c.reason) for c in plan.conflicts] == [
        ("/a", "has another value"),
        ("/b", "has a TTL of 5 s"),
        ("/c", "has no TTL"),
        ("/d", "is a key, where the file has a directory"),
        ("/e", "is a directory, where the file has a key"),
    ]
    assert plan.extra == 1


def test_create_takes_a_ttl_that_ran_down_for_the_same() -> None:
    assert not make_plan(_tree(k=("1", 100)), _tree(k=("1", 7)), "create").conflicts


def test_overwrite_changes_values_and_ttls_and_removes_nothing() -> None:
    found = _tree(a="other", b=("1", 5), c=("1", 5), d=(None, 5), mine="x")
    wanted = _tree(a="1", b="1", c=("1", 60), d=None)

    plan = make_plan(wanted, found, "overwrite")

    assert _shown(plan) == ["change /a, change /b, change /c, change /d"]
    assert (plan.conflicts, plan.extra) == ([], 1)


def test_a_change_knows_what_it_changes() -> None:
    there = Entry(b"old", modified=7)

    (step,) = make_plan({b"/a": Entry(b"new")}, {b"/a": there}, "overwrite").steps

    assert step.there == there


def test_overwrite_does_not_turn_keys_into_directories_or_back() -> None:
    plan = make_plan(_tree(a_b="1", c="1"), _tree(a="1", c=None, c_d="1"), "overwrite")

    assert [conflict.path for conflict in plan.conflicts] == [b"/a", b"/c"]


def test_replace_removes_the_rest_last_and_from_the_bottom() -> None:
    found = _tree(keep=None, keep_old="1", gone=None, gone_d=None, gone_d_k="1", gone_k="1")

    plan = make_plan(_tree(keep_new="1"), found, "replace")

    assert _shown(plan) == [
        "create /keep/new",
        "remove /gone/d/k, remove /gone/k, remove /keep/old",
        "remove /gone/d",
        "remove /gone",
    ]


def test_replace_first_removes_what_is_in_the_way() -> None:
    found = _tree(a="1", c=None, c_d=None, c_d_e="1", e="1", other="1")

    plan = make_plan(_tree(a_b="1", c="1", e=None), found, "replace")

    assert _shown(plan) == [
        "remove /a, remove /c/d/e, remove /e",
        "remove /c/d",
        "remove /c",
        "create /e",
        "create /a/b, create /c",
        "remove /other",
    ]


def test_a_tree_moves_to_another_key() -> None:
    tree = _tree(a=(None, 5), a_b="1")

    assert moved(tree, b"/a", b"/x/y") == {b"/x/y": Entry(None, 5), b"/x/y/b": Entry(b"1")}
    assert moved(tree, b"/a", b"/") == {b"/b": Entry(b"1")}
    assert moved(tree, b"/", b"/x") == {b"/x/a": Entry(None, 5), b"/x/a/b": Entry(b"1")}


def test_hidden_tops_are_all_nodes_that_no_listing_shows() -> None:
    tree: Tree = dict.fromkeys([b"/a/_b/c/_d/e", b"/a/_b", b"/a_b/c", b"/_x"], Entry(b""))

    assert hidden_tops(tree) == [b"/_x", b"/a/_b", b"/a/_b/c/_d"]
