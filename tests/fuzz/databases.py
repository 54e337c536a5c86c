"""The files of a data directory, overwritten: read back right or refused, never wrong.

Disks lose, alter and misdirect what is in place; they do not insert or remove.
"""

from __future__ import annotations

import atexit
import contextlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from hypothesis import strategies as st

from tests.fuzz.mutations import IN_PLACE, Edit, edited, edits
from tests.fuzz.target import Target
from tests.unit.storage.builders import IDENTITY, Content, populate, read_all
from vard_http.storage import StorageError, open_storage

_ROOT = Path(tempfile.mkdtemp(prefix="vard-http-fuzz-"))
atexit.register(shutil.rmtree, _ROOT, ignore_errors=True)


class Files(NamedTuple):
    """`vard.db` and its WAL, and what is in both."""

    database: bytes
    wal: bytes
    content: Content


def _make() -> tuple[Files, Files]:
    """As a clean stop leaves them, and as a crash does."""
    running, crashed = _ROOT / "running", _ROOT / "crashed"
    storage = open_storage(running, IDENTITY)
    populate(storage)
    shutil.copytree(running, crashed)
    storage.close()
    content = read_all(running)
    stopped = Files((running / "vard.db").read_bytes(), b"", content)
    wal = (crashed / "vard.db-wal").read_bytes()
    return stopped, Files((crashed / "vard.db").read_bytes(), wal, content)


_STOPPED, _CRASHED = _make()


class Overwritten(NamedTuple):
    """Which file of which directory, and what was done to it; `pages` are copied over others."""

    crashed: bool
    file: Literal["database", "wal"]
    changes: list[Edit]
    pages: Sequence[tuple[int, int]]


_FRAME = 24 + 4096


def _cut_short() -> list[Content]:
    """What a crash may leave of the WAL: all transactions up to any one of them."""
    found: list[Content] = []
    case = _ROOT / "cut"
    for frames in range((len(_CRASHED.wal) - 32) // _FRAME + 1):
        shutil.rmtree(case, ignore_errors=True)
        case.mkdir()
        (case / "vard.db").write_bytes(_CRASHED.database)
        (case / "vard.db-wal").write_bytes(_CRASHED.wal[: 32 + frames * _FRAME])
        with contextlib.suppress(StorageError):
            content = read_all(case)
            if content not in found:
                found.append(content)
    return found


_CUT_SHORT = _cut_short()


def check_files(input: Overwritten) -> None:
    """All that was durable is there, or but for the last writes before a crash, or refused."""
    files = _CRASHED if input.crashed else _STOPPED
    data = edited(_with_pages(getattr(files, input.file), input.pages), input.changes)
    directory = _ROOT / "case"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    files = files._replace(wal=data) if input.file == "wal" else files._replace(database=data)
    (directory / "vard.db").write_bytes(files.database)
    if files.wal:
        (directory / "vard.db-wal").write_bytes(files.wal)
    try:
        found = read_all(directory)
    except StorageError:
        assert (directory / "vard.db").exists()
        return
    assert found == files.content or (input.file == "wal" and found in _CUT_SHORT)


def _with_pages(data: bytes, pages: Sequence[tuple[int, int]]) -> bytes:
    """A misdirected write: page `source` in the place of page `target`."""
    for source, target in pages:
        count = max(1, len(data) // 4096)
        source, target = source % count * 4096, target % count * 4096
        page = data[source : source + 4096]
        data = data[:target] + page + data[target + len(page) :]
    return data


_page = st.integers(0, 100)
_INPUTS = st.builds(
    Overwritten,
    st.booleans(),
    st.sampled_from(("database", "wal")),
    edits(most=2, kinds=IN_PLACE),
    st.lists(st.tuples(_page, _page), max_size=1),
).filter(lambda input: input.crashed or input.file == "database")

TARGET = Target("database", _INPUTS, check_files, 150)
