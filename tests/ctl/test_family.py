"""Who belongs to a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from vard_http.ctl.family import descendants


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc of processes by number, name and parent, and what else is there."""
    processes = [
        *((1, "init", 0), (20, "lock", 1), (30, "sh", 20), (31, "a) R (b", 20)),
        *((40, "sleep", 30), (41, "sleep", 31), (50, "other", 1)),
    ]
    for pid, name, parent in processes:
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} {pid} {pid} 0\n")
    (tmp_path / "99").mkdir()  # ended while it was looked at
    (tmp_path / "meminfo").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("pids", "found"),
    [((20,), [30, 31, 40, 41]), ((30,), [40]), ((30, 31), [40, 41]), ((40,), []), ((), [])],
)
def test_descendants_are_children_and_theirs(
    proc: Path, pids: tuple[int, ...], found: list[int]
) -> None:
    assert sorted(descendants(*pids, proc=proc)) == found
