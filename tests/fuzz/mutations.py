"""Sound bytes made unsound: what inputs of formats with a structure are built from."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hypothesis import strategies as st

TOKENS: Sequence[bytes] = (
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\n",
    b"\x00" * 8,
    b"\xff" * 8,
    b"\x7f\xff\xff\xff",
    b"\xdd\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\x91" * 3000,
    b"[" * 3000,
)
"""Ends of number ranges, announced sizes, and nesting."""

Edit = tuple[str, int, int, bytes]
"""What is done, where, over how many bytes, with what."""

IN_PLACE: Sequence[str] = ("replace", "cut", "flip")
KINDS: Sequence[str] = (*IN_PLACE, "insert", "delete", "repeat")


def edits(
    tokens: Sequence[bytes] = TOKENS, most: int = 3, kinds: Sequence[str] = KINDS
) -> st.SearchStrategy[list[Edit]]:
    """Some edits, to be applied in order by `edited`."""
    piece = st.one_of(st.sampled_from(tokens), st.binary(min_size=1, max_size=4))
    position = st.integers(0, 1 << 16)
    edit = st.tuples(st.sampled_from(kinds), position, st.integers(1, 16), piece)
    return st.lists(edit, max_size=most)


def edited(data: bytes, changes: Sequence[Edit]) -> bytes:
    """`data` after all changes; positions wrap around at its end."""
    for kind, where, count, piece in changes:
        at = where % (len(data) + 1)
        match kind:
            case "insert":
                data = data[:at] + piece + data[at:]
            case "replace":
                data = data[:at] + piece + data[at + len(piece) :]
            case "delete":
                data = data[:at] + data[at + count :]
            case "repeat":
                data = data[:at] + data[at : at + count] * 2 + data[at + count :]
            case "cut":
                data = data[:at]
            case _:
                flipped = bytes(byte ^ 1 << count % 8 for byte in data[at : at + 1])
                data = data[:at] + flipped + data[at + 1 :]
    return data


def mutated(
    sound: st.SearchStrategy[bytes], tokens: Sequence[bytes] = TOKENS, most: int = 3
) -> st.SearchStrategy[bytes]:
    """Sound bytes with some edits, or none."""
    return st.builds(edited, sound, edits(tokens, most))


def in_pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """`data` cut at these positions, which wrap around at its end; no cuts: byte by byte."""
    if not cuts:
        return [data[at : at + 1] for at in range(len(data))]
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


CUTS = st.lists(st.integers(0, 1 << 16), max_size=6)
