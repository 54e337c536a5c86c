"""A value as the text that an editor shows, and two texts with their differences marked."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

MINE: Final = "<<<<<<< "
BETWEEN: Final = "=======\n"
THEIRS: Final = ">>>>>>> "


def shown_as(value: bytes) -> bytes:
    """What an editor is given: editors end the last line, so the value does not have to.

    `value_of` takes that end away again. An empty value is an empty file.
    """
    return value + b"\n" if value else b""


def value_of(text: bytes) -> bytes:
    """The value that was meant by what an editor left behind."""
    return text.removesuffix(b"\n")


def marked(mine: bytes, theirs: bytes, name: str) -> bytes:
    """Both texts as one: lines that differ stand between marks, as of a conflict of merging.

    `name` is said of theirs, on the last mark.
    """
    ours, others = _lines(mine), _lines(theirs)
    result: list[bytes] = []
    for kind, a, b, c, d in SequenceMatcher(None, ours, others, autojunk=False).get_opcodes():
        if kind == "equal":
            result += ours[a:b]
        else:
            result.append(f"{MINE}yours\n".encode())
            result += ours[a:b]
            result.append(BETWEEN.encode())
            result += others[c:d]
            result.append(f"{THEIRS}{name}\n".encode())
    return b"".join(result)


def is_marked(text: bytes) -> bool:
    """Whether marks of a conflict are left in it."""
    lines = text.splitlines()
    first, last = MINE.encode(), THEIRS.encode()
    return any(line.startswith(first) for line in lines) and any(
        line.startswith(last) for line in lines
    )


def _lines(text: bytes) -> list[bytes]:
    """The lines, all of them ended, so that a mark never follows on the same line."""
    ended = text if text.endswith(b"\n") or not text else text + b"\n"
    return ended.splitlines(keepends=True)
