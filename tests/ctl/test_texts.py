"""What `vardctl edit` gives to an editor and takes back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vard_http.ctl.texts import is_marked, marked, shown_as, value_of


@settings(deadline=None)  # the machine may be busy
@given(st.binary())
def test_a_value_that_was_not_edited_stays_what_it_was(value: bytes) -> None:
    assert value_of(shown_as(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [(b"", b""), (b"\n", b""), (b"a", b"a"), (b"a\n", b"a"), (b"a\n\n", b"a\n")],
)
def test_the_end_of_the_last_line_is_the_editors(text: bytes, value: bytes) -> None:
    assert value_of(text) == value


def test_only_lines_that_differ_are_marked() -> None:
    mine = b"port: 1\nhost: a\nname: x\n"
    theirs = b"port: 1\nhost: b\nname: x\nnew: y\n"

    assert marked(mine, theirs, "in the cluster") == (
        b"port: 1\n"
        b"<<<<<<< yours\nhost: a\n=======\nhost: b\n>>>>>>> in the cluster\n"
        b"name: x\n"
        b"<<<<<<< yours\n=======\nnew: y\n>>>>>>> in the cluster\n"
    )


def test_equal_texts_have_no_marks() -> None:
    assert not is_marked(marked(b"a\n", b"a\n", "x"))


def test_marks_are_found_until_they_are_removed() -> None:
    assert is_marked(marked(b"a", b"b", "x"))
    assert is_marked(marked(b"", b"b\n", "x"))
    assert not is_marked(b"b\n")
