"""The file of `vardctl dump`: what it looks like, and that nothing gets lost in it."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vard_http.ctl.subtree.document import (
    Document,
    DocumentError,
    Form,
    read_document,
    write_document,
)
from vard_http.ctl.subtree.tree import Entry, Tree

FORMS: list[Form] = ["json", "yaml"]

_SEGMENTS = st.one_of(st.binary(min_size=1, max_size=8), st.text(min_size=1).map(str.encode))
_PATHS = st.lists(
    _SEGMENTS.map(lambda segment: segment.replace(b"/", b"")).filter(
        lambda segment: segment not in (b"", b".", b"..")
    ),
    min_size=1,
    max_size=3,
).map(lambda segments: b"/" + b"/".join(segments))
_VALUES = st.one_of(st.binary(max_size=20), st.text(max_size=20).map(str.encode))
_TTLS = st.none() | st.integers(1, 2**63 - 1)


def _without_children_of_files(tree: Tree) -> Tree:
    files = {path for path, entry in tree.items() if not entry.is_directory}
    return {
        path: entry
        for path, entry in tree.items()
        if not any(path != file and path.startswith(file + b"/") for file in files)
    }


_TREES = st.dictionaries(_PATHS, st.builds(Entry, st.none() | _VALUES, _TTLS), max_size=6).map(
    _without_children_of_files
)


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None)  # the machine may be busy
@given(tree=_TREES)
def test_what_is_written_is_read_again(form: Form, tree: Tree) -> None:
    document = Document(b"/", tree, 17, "2026-11-28T12:00:00Z")

    assert read_document(write_document(document, form), form) == document


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "value",
    [
        b"",
        b" ",
        b"8080",
        b"true",
        b"null",
        b"~",
        b"2026-11-28",
        b"- a",
        b"a: b",
        b"# no comment",
        b"line\n",
        b"\nline",
        b"  indented\nlines \n\n",
        b"tab\there\r\n",
        b"\0",
        "a\u0085b\u2028c\ufeff\ufffe😀".encode(),
        b"\xff\xfe",
        b"%" * 5000,
    ],
)
def test_awkward_values_come_back(form: Form, value: bytes) -> None:
    document = Document(b"/a", {b"/a": Entry(value)})

    assert read_document(write_document(document, form)).tree == document.tree


def test_json_has_a_node_a_line() -> None:
    tree = {
        b"/app": Entry(None, ttl=60),
        b"/app/name": Entry("Zoë".encode()),
        b"/app/\xff": Entry(b"\xfe", ttl=5),
    }
    text = write_document(Document(b"/app", tree, 9, "2026-11-28T12:00:00Z"), "json").decode()

    assert text == (
        '{"format":"vardctl-dump","version":1,"key":"/app","index":9,'
        '"taken":"2026-11-28T12:00:00Z","exact":true,"nodes":[\n'
        '{"key":"/app","dir":true,"ttl":60},\n'
        '{"key":"/app/name","value":"Zoë"},\n'
        '{"key_base64":"L2FwcC//","value_base64":"/g==","ttl":5}\n'
        "]}\n"
    )
    assert base64.b64decode("L2FwcC//") == b"/app/\xff"
    assert len(json.loads(text)["nodes"]) == 3


def test_yaml_shows_lines_as_lines() -> None:
    tree = {b"/motd": Entry(b"first\nsecond\n"), b"/port": Entry(b"8080")}
    text = write_document(Document(b"/", tree, 9, "now"), "yaml").decode()

    assert text == (
        "format: vardctl-dump\n"
        "version: 1\n"
        "key: /\n"
        "index: 9\n"
        "taken: now\n"
        "exact: true\n"
        "nodes:\n"
        "- key: /motd\n"
        "  value: |\n"
        "    first\n"
        "    second\n"
        "- key: /port\n"
        "  value: '8080'\n"
    )


def test_a_plain_scalar_in_yaml_is_the_text_that_stands_there() -> None:
    text = b"""
format: vardctl-dump
version: 1
key: /
nodes:
- {key: /port, value: 8080, ttl: 30}
- {key: /on, value: yes}
- {key: /none, value: null}
- {key: /day, value: 2026-11-28}
- {key: /d, dir: true}
"""
    assert read_document(text).tree == {
        b"/port": Entry(b"8080", ttl=30),
        b"/on": Entry(b"yes"),
        b"/none": Entry(b"null"),
        b"/day": Entry(b"2026-11-28"),
        b"/d": Entry(None),
    }


def _file(*nodes: object, **head: object) -> bytes:
    content = {"format": "vardctl-dump", "version": 1, "key": "/a", **head, "nodes": nodes}
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "not a dump in YAML"),
        (b"{", "not a dump in JSON"),
        (b"[1]", "not a dump in YAML"),
        (b"a: [", "not a dump in YAML"),
        (b"\xff\xfe\x00", "not a dump in YAML"),
        (b"{" + b'"a":{' * 100_000, "not a dump in JSON"),
        (_file(format="backup"), "its format is 'backup'"),
        (_file(version=2), "of version 2; this program knows version 1"),
        (_file(key="a"), "the file has the key a, which is not written as keys are: /a"),
        (_file({"value": "x"}), "node 1 has no key"),
        (_file({"key": "/a/b"}), "node 1, /a/b, has no value; a directory has `dir: true`"),
        (_file({"key": "/a/b", "value": 1}), "Expected `str`, got `int` - at `$.nodes[0].value`"),
        (_file({"key": "/a/b", "value": "", "tll": 1}), "unknown field `tll`"),
        (_file({"key": "/a/b", "dir": True, "value": ""}), "is a directory with a value"),
        (_file({"key": "/a/b", "value": "", "ttl": 0}), "has a TTL of 0 s"),
        (_file({"key": "/a/b", "value": "", "value_base64": ""}), "both value and value_base64"),
        (_file({"key": "/a", "key_base64": "", "value": ""}), "has both key and key_base64"),
        (_file({"key": "/b", "value": ""}), "node 1, /b, is not below /a, the key of the file"),
        (_file({"key": "/ab", "value": ""}), "node 1, /ab, is not below /a"),
        (_file({"key": "/a/../b", "value": ""}), "is not written as keys are: /b"),
        (_file({"key": "/a/", "value": ""}), "is not written as keys are: /a"),
        (_file({"key": "/", "dir": True}, key="/"), "is the root"),
        (_file(*[{"key": "/a/b", "value": ""}] * 2), "node 2, /a/b, is there twice"),
        (
            _file({"key": "/a/b/c", "value": ""}, {"key": "/a", "value": ""}),
            "/a has a value, and nodes below it",
        ),
    ],
)
def test_what_cannot_be_loaded_is_named(text: bytes, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_document(text)
    assert said in str(caught.value)
