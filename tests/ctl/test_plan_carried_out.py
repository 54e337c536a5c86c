"""Plans of `vardctl load`, carried out on the server's own store: it then holds what was wanted."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from vard_http.ctl.subtree.plan import TTL_TOLERANCE, Mode, Step, make_plan
from vard_http.ctl.subtree.tree import Entry, Tree, parents
from vard_http.store import Directory, Node, Store

NOW = 1_700_000_000 * 10**9
SECOND = 10**9

_NAMES = st.sampled_from(["a", "b", "_h"])
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map(lambda names: b"/" + "/".join(names).encode())
_ENTRIES = st.builds(
    Entry,
    st.none() | st.sampled_from([b"", b"1", b"2"]),
    st.none() | st.sampled_from([10, 12, 500]),
)


def _possible(tree: Tree) -> Tree:
    """Without what is below keys."""
    return {
        path: entry
        for path, entry in tree.items()
        if all(tree[above].is_directory for above in parents(path) if above in tree)
    }


_TREES = st.dictionaries(_PATHS, _ENTRIES, max_size=8).map(_possible)


def _write(store: Store, step: Step) -> None:
    """As the server does it, its refusals included (StoreError)."""
    path, entry, there = b"/1" + step.path, step.entry, step.there
    expires = 0 if entry.ttl is None else NOW + entry.ttl * SECOND
    if step.action == "create":
        directory, value = entry.is_directory, entry.value or b""
        store.create(path, value, directory=directory, expires=expires, now=NOW)
    elif step.action == "remove":
        if entry.is_directory:
            store.delete(path, directory=True, now=NOW)
        else:
            store.compare_and_delete(path, prev_index=entry.modified, now=NOW)
    elif entry.value is None:
        store.update(path, b"", expires=expires, now=NOW)
    else:
        assert there is not None
        index = there.modified
        store.compare_and_swap(path, entry.value, prev_index=index, expires=expires, now=NOW)


def _content(store: Store) -> Tree:
    tree: Tree = {}
    waiting: list[tuple[bytes, Node | Directory]] = [(b"", store.root.children[b"1"])]
    while waiting:
        path, found = waiting.pop()
        node = found.node if isinstance(found, Directory) else found
        if path:
            ttl = (node.expires - NOW) // SECOND if node.expires else None
            tree[path] = Entry(node.value, ttl, node.modified)
        if isinstance(found, Directory):
            waiting.extend(
                (b"%b/%b" % (path, name), child) for name, child in found.children.items()
            )
    return tree


def _filled(tree: Tree) -> Store:
    store = Store()
    for path in sorted(tree):
        _write(store, Step("create", path, tree[path]))
    return store


def _carried_out(
    wanted: Tree, there: Tree, mode: Mode, data: st.DataObject
) -> tuple[Tree, Tree, bool]:
    """What was there, what is there then, and whether the plan had no conflicts."""
    store = _filled(there)
    before = _content(store)
    plan = make_plan(wanted, before, mode)
    if not plan.conflicts:
        for phase in plan.phases:
            order: Sequence[Step] = data.draw(st.permutations(list(phase)))
            for step in order:
                _write(store, step)
    return before, _content(store), not plan.conflicts


def _whole(tree: Tree) -> set[bytes]:
    return {*tree, *(above for path in tree for above in parents(path))}


def _holds(content: Tree, wanted: Tree) -> bool:
    """Whether all that was wanted is there, with TTLs as near as counts as the same."""
    return all(
        path in content
        and content[path].value == entry.value
        and (content[path].ttl is None) == (entry.ttl is None)
        and abs((content[path].ttl or 0) - (entry.ttl or 0)) <= TTL_TOLERANCE
        for path, entry in wanted.items()
    )


@settings(deadline=None, max_examples=100)
@given(wanted=_TREES, there=_TREES, data=st.data())
def test_after_replace_there_is_what_was_wanted_and_nothing_else(
    wanted: Tree, there: Tree, data: st.DataObject
) -> None:
    _, after, carried_out = _carried_out(wanted, there, "replace", data)

    assert carried_out
    assert _holds(after, wanted)
    assert after.keys() == _whole(wanted)


@settings(deadline=None, max_examples=100)
@given(wanted=_TREES, there=_TREES, data=st.data())
def test_after_overwrite_there_is_what_was_wanted_beside_what_was_there(
    wanted: Tree, there: Tree, data: st.DataObject
) -> None:
    before, after, carried_out = _carried_out(wanted, there, "overwrite", data)

    if carried_out:
        assert _holds(after, wanted)
        assert after.keys() == _whole(wanted) | before.keys()
        assert all(after[path] == before[path] for path in before.keys() - wanted.keys())
    else:
        assert after == before


@settings(deadline=None, max_examples=100)
@given(wanted=_TREES, there=_TREES, data=st.data())
def test_create_changes_nothing_that_was_there(
    wanted: Tree, there: Tree, data: st.DataObject
) -> None:
    before, after, carried_out = _carried_out(wanted, there, "create", data)

    assert all(after[path] == before[path] for path in before)
    if carried_out:
        assert after.keys() == _whole(wanted) | before.keys()
        assert all(after[path].value == entry.value for path, entry in wanted.items())
