"""Which keys a role opens (contract 14.5)."""

from __future__ import annotations

import pytest

from vard_http.auth import ROOT, Permissions, Role, allows


@pytest.mark.parametrize(
    ("pattern", "key", "matches", "matches_recursively"),
    [
        (b"/a/*", b"/a/x", True, True),
        (b"/a/*", b"/a/x/y", True, True),
        (b"/a/*", b"/a/", True, True),
        (b"/a/*", b"/a", False, False),
        (b"/a/*", b"/b", False, False),
        (b"/a*", b"/a", True, True),
        (b"/a*", b"/abc", True, True),
        (b"/exact", b"/exact", True, False),
        (b"/exact", b"/exact/", False, False),
        (b"/exact/", b"/exact/", True, False),
        (b"/exact", b"/exact/x", False, False),
        (b"/*", b"/", True, True),
        (b"/*", b"", False, False),
        (b"*", b"", True, True),
        (b"*", b"/anything", True, True),
        (b"/a/*/b", b"/a/x/b", False, False),
        (b"/a/*/b", b"/a/*/b", True, False),
        (b"/a**", b"/a*", True, True),
        (b"", b"", False, False),
        (b"", b"/a", False, False),
        (b"/\xff*", b"/\xff\xfe", True, True),
    ],
)
def test_a_pattern_matches(
    pattern: bytes, key: bytes, matches: bool, matches_recursively: bool
) -> None:
    reader = Role(b"r", Permissions(read=(pattern,)))
    assert allows(reader, key, write=False, recursive=False) == matches
    assert allows(reader, key, write=False, recursive=True) == matches_recursively


def test_reading_and_writing_are_apart() -> None:
    role = Role(b"r", Permissions(read=(b"/r",), write=(b"/w",)))
    assert allows(role, b"/r", write=False, recursive=False)
    assert not allows(role, b"/r", write=True, recursive=False)
    assert allows(role, b"/w", write=True, recursive=False)
    assert not allows(role, b"/w", write=False, recursive=False)


@pytest.mark.parametrize("lists", [Permissions(), Permissions((), ())])
def test_without_patterns_nothing_is_allowed(lists: Permissions) -> None:
    assert not allows(Role(b"r", lists), b"/", write=False, recursive=False)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("recursive", [False, True])
def test_root_may_do_all_whatever_is_listed(write: bool, recursive: bool) -> None:
    assert allows(Role(ROOT), b"", write=write, recursive=recursive)


def test_an_empty_pattern_does_not_hide_the_next() -> None:
    role = Role(b"r", Permissions(read=(b"", b"/a")))
    assert allows(role, b"/a", write=False, recursive=False)
