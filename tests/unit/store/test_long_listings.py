"""Long listings are rendered many files at a time, and read as if each had been by itself."""

from __future__ import annotations

import pytest

from tests.unit.store.support import NOW, SECOND
from vard_http.store import Store
from vard_http.store.encoding import escape
from vard_http.store.event import render_node
from vard_http.store.listing import _FULL

FILES = _FULL // 4

ODD = [b"%d", b"a%", b'"', b"<&>", b"\xc3\xa9", b"\xc3", b"\xa9", b"\xe2\x80\xa8", b"\n", b"\\"]


def alone(store: Store, directory: bytes, names: list[bytes]) -> bytes:
    """The listing of `directory`, put together of what each of its nodes is by itself."""
    shown = escape(directory.removeprefix(b"/1"))
    nodes = []
    for name in names:
        found = store.get(directory + b"/" + name, now=NOW).node
        assert found is not None
        nodes.append(render_node(b"%b/%b" % (shown, escape(name)), found, NOW))
    head = store.get(directory, now=NOW).node
    assert head is not None
    return b'{"action":"get","node":{"key":"%b","dir":true,"nodes":[%b],%b}}\n' % (
        shown,
        b",".join(nodes),
        b'"modifiedIndex":%d,"createdIndex":%d' % (head.modified, head.created),
    )


@pytest.mark.parametrize("directory", [b"/1/d", b"/1/%b%%", b"/1/\xff"], ids=repr)
@pytest.mark.parametrize("count", [1, FILES - 1, FILES, FILES + 1, 3 * FILES])
def test_files_in_a_row(directory: bytes, count: int) -> None:
    store = Store()
    names = [b"%06d" % number for number in range(count)]
    for name in names:
        store.set(directory + b"/" + name, b"value of " + name, now=NOW)
    body = store.get(directory, sorted=True, now=NOW).to_json()
    assert body == alone(store, directory, names)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_name_or_value_among_plain_ones(odd: bytes) -> None:
    store = Store()
    names = sorted([b"a", b"b", odd, b"z" + odd])
    for name in names:
        store.set(b"/1/d/" + name, odd if name == b"b" else b"v", now=NOW)
    assert store.get(b"/1/d", sorted=True, now=NOW).to_json() == alone(store, b"/1/d", names)


def test_bytes_that_only_together_are_a_character_are_not_taken_together() -> None:
    store = Store()
    store.set(b"/1/d/a", b"\xc3", now=NOW)
    store.set(b"/1/d/b", b"\xa9", now=NOW)
    body = store.get(b"/1/d", sorted=True, now=NOW).to_json()
    assert body.count(b'"value":"\\ufffd"') == 2


def test_directories_hidden_names_and_expiries_between_files() -> None:
    store = Store()
    for number in range(2 * FILES):
        store.set(b"/1/d/%06d" % number, b"v", now=NOW)
    store.set(b"/1/d/000002", b"", expires=NOW + SECOND, now=NOW)
    store.set(b"/1/d/000003x", b"", directory=True, now=NOW)
    store.set(b"/1/d/_hidden", b"", now=NOW)
    names = sorted([b"%06d" % number for number in range(2 * FILES)] + [b"000003x"])
    assert store.get(b"/1/d", sorted=True, now=NOW).to_json() == alone(store, b"/1/d", names)
