"""What the shim does to a process, shown on one that writes a few bytes."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaign.shim import MISSING, Policy, Shim, compiled

BLOCK = 512


@pytest.fixture
def shim(tmp_path: Path) -> Iterator[Shim]:
    library = compiled()
    if library is None:
        pytest.skip(MISSING)
    (tmp_path / "data").mkdir()
    shim = Shim(library, tmp_path / "data", tmp_path / "control")
    shim.set(journal=1)
    yield shim
    shim.close()


def run(shim: Shim, tmp_path: Path, *statements: str) -> tuple[int, str]:
    """Run Python with `f`, an open and durable file of four blocks of "a"; status and output."""
    (tmp_path / "data" / "f").write_bytes(b"a" * 4 * BLOCK)
    program = "\n".join(
        [
            "import os, time",
            f"os.chdir({str(tmp_path / 'data')!r})",
            "f = os.open('f', os.O_RDWR)",
            *statements,
        ]
    )
    command = ["env", *shim.environment(), sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


def overwrite(character: str, block: int = 0, blocks: int = 4) -> str:
    return f"os.pwrite(f, b'{character}' * {blocks * BLOCK}, {block * BLOCK})"


def content(tmp_path: Path) -> bytes:
    return (tmp_path / "data" / "f").read_bytes()


def test_a_power_cut_takes_back_what_was_not_synced(shim: Shim, tmp_path: Path) -> None:
    shim.arm(4, Policy.DROP_ALL, 1)
    written = [overwrite("b"), "os.fsync(f)", overwrite("c"), "print('never', flush=True)"]
    assert run(shim, tmp_path, *written, "os.ftruncate(f, 0)") == (-signal.SIGKILL, "never\n")
    assert content(tmp_path) == b"b" * 4 * BLOCK
    assert (shim.get("cuts"), shim.get("dropped")) == (1, 1)


def test_a_synced_write_outlives_a_power_cut(shim: Shim, tmp_path: Path) -> None:
    shim.arm(3, Policy.DROP_ALL, 1)
    run(shim, tmp_path, overwrite("b"), "os.fdatasync(f)", "os.fsync(f)")
    assert content(tmp_path) == b"b" * 4 * BLOCK


def test_a_file_that_grew_or_shrank_is_as_it_was_synced(shim: Shim, tmp_path: Path) -> None:
    shim.arm(3, Policy.DROP_ALL, 1)
    run(shim, tmp_path, overwrite("b", 4), f"os.ftruncate(f, {BLOCK})", "os.fsync(f)")
    assert content(tmp_path) == b"a" * 4 * BLOCK


def test_a_write_can_be_torn_between_sectors(shim: Shim, tmp_path: Path) -> None:
    seen = set()
    for seed in range(20):
        shim.arm(2, Policy.KEEP_SCATTERED, seed)
        run(shim, tmp_path, overwrite("b"), "os.fsync(f)")
        now = content(tmp_path)
        blocks = [now[start : start + BLOCK] for start in range(0, len(now), BLOCK)]
        assert all(len(set(block)) == 1 for block in blocks)
        seen.add(bytes(block[0] for block in blocks))
    assert len(seen) > 5


def test_writes_can_arrive_in_part_but_in_order(shim: Shim, tmp_path: Path) -> None:
    for seed in range(10):
        shim.arm(4, Policy.KEEP_PREFIX, seed)
        writes = [overwrite("b", 0, 1), overwrite("c", 1, 1), overwrite("d", 2, 1)]
        run(shim, tmp_path, *writes, "os.fsync(f)")
        arrived = bytes(content(tmp_path)[block * BLOCK] for block in range(3))
        assert arrived in (b"aaa", b"baa", b"bca", b"bcd")


@pytest.mark.parametrize(("sync", "there"), [("pass", False), ("os.fsync(os.open('.', 0))", True)])
def test_a_new_name_needs_its_directory_synced(
    shim: Shim, tmp_path: Path, sync: str, there: bool
) -> None:
    shim.arm(5 if there else 4, Policy.DROP_ALL, 1)
    make = "g = os.open('g', os.O_RDWR | os.O_CREAT); os.pwrite(g, b'x', 0); os.fsync(g)"
    run(shim, tmp_path, make, sync, overwrite("b"))
    assert (tmp_path / "data" / "g").exists() is there


def test_a_removed_or_renamed_file_comes_back(shim: Shim, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "old").write_bytes(b"old")
    shim.arm(3, Policy.DROP_ALL, 1)
    run(shim, tmp_path, f"os.unlink({str(data / 'old')!r})", f"os.rename({str(data / 'f')!r},"
        f" {str(data / 'moved')!r})", overwrite("b"))  # fmt: skip
    assert sorted(path.name for path in data.iterdir()) == ["f", "old"]


def test_a_lying_disk_loses_what_it_said_it_had_synced(shim: Shim, tmp_path: Path) -> None:
    shim.set(sync_lies=1)
    shim.arm(3, Policy.DROP_ALL, 1)
    run(shim, tmp_path, overwrite("b"), "os.fsync(f)", overwrite("c"))
    assert content(tmp_path) == b"a" * 4 * BLOCK


@pytest.mark.parametrize(
    ("setting", "number", "call"),
    [
        ("sync_error", errno.EIO, "os.fsync(f)"),
        ("sync_error", errno.EIO, "os.fdatasync(f)"),
        ("write_error", errno.ENOSPC, "os.write(f, b'b')"),
    ],
)
def test_errors_of_the_disk_reach_the_process(
    shim: Shim, tmp_path: Path, setting: str, number: int, call: str
) -> None:
    shim.set(**{setting: number})
    status, output = run(shim, tmp_path, call)
    assert (status, f"[Errno {number}]" in output) == (1, True)


def test_a_failed_sync_loses_what_it_was_to_write(shim: Shim, tmp_path: Path) -> None:
    shim.set(sync_error=errno.EIO)
    run(shim, tmp_path, overwrite("b"), "os.fsync(f)")
    assert content(tmp_path) == b"a" * 4 * BLOCK


def test_the_time_of_day_jumps_and_the_monotonic_clock_does_not(shim: Shim, tmp_path: Path) -> None:
    ask = "print(time.time() - real > 3000, abs(time.monotonic() - steady) < 300)"
    shim.set(clock_offset_ns=3600 * 10**9)
    now = f"real, steady = {time.time()!r}, {time.monotonic()!r}"
    assert run(shim, tmp_path, now, ask) == (0, "True True\n")
