"""The drawing of `vardctl tree`."""

from __future__ import annotations

import pytest

from vard_http.ctl.subtree.drawing import draw, shortened
from vard_http.ctl.subtree.tree import Entry, Tree

TREE: Tree = {
    b"/app": Entry(None, ttl=30),
    b"/app/db": Entry(None),
    b"/app/db/host": Entry(b"db1"),
    b"/app/db/port": Entry(b"1"),
    b"/app/empty": Entry(None),
    b"/app/name": Entry(b"x", ttl=5),
}


def _shown(tree: Tree, top: bytes, depth: int | None = None) -> list[str]:
    return [
        f"{line.branches}{line.name}" + (f" +{line.below}" if line.below else "")
        for line in draw(tree, top, depth)
    ]


def test_branches_lead_to_every_node() -> None:
    assert _shown(TREE, b"/app") == [
        "/app",
        "├── db",
        "│   ├── host",
        "│   └── port",
        "├── empty",
        "└── name",
    ]


def test_the_root_is_drawn_too() -> None:
    assert _shown(TREE, b"/")[:3] == ["/", "└── app", "    ├── db"]
    assert _shown({}, b"/") == ["/"]


def test_a_key_alone_is_one_line() -> None:
    assert _shown({b"/a/b": Entry(b"1")}, b"/a/b") == ["/a/b"]


@pytest.mark.parametrize(
    ("depth", "lines"),
    [(0, ["/app +5"]), (1, ["/app", "├── db +2", "├── empty", "└── name"])],
)
def test_what_lies_deeper_is_counted(depth: int, lines: list[str]) -> None:
    assert _shown(TREE, b"/app", depth) == lines


def test_names_stay_on_their_lines() -> None:
    assert _shown({b"/a\nb": Entry(b""), b"/\xff": Entry(b"")}, b"/") == [
        "/",
        "├── a\\nb",
        "└── \\xff",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"", ""),
        (b"0123456789", "0123456789"),
        (b"0123456789a", "0123456..."),
        (b"a\nb\0", "a\\nb\\x00"),
        ("é".encode() * 10, "é" * 10),
        (b"\xff" * 1000, "\\xff\\xf..."),
    ],
)
def test_values_are_cut_to_a_width(value: bytes, text: str) -> None:
    assert shortened(value, 10) == text
