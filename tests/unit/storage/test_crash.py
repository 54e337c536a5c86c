"""What survives a killed process, and what happens when the disk fails."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.unit.storage.builders import IDENTITY, entries, entry, meta, populate, read_all
from vard_http.raft.messages import HardState
from vard_http.storage import Storage, StorageFailed, open_storage

APPEND_FOREVER = """
import sys
from pathlib import Path
from tests.unit.storage.builders import IDENTITY, entries, meta
from vard_http.raft.messages import HardState
from vard_http.storage import open_storage

storage = open_storage(Path(sys.argv[1]), IDENTITY)
index = max([0, *(entry.index for entry in storage.recover().entries)])
while True:
    size = index % 7 + 1
    storage.append(entries(index + 1, index + size), HardState(1, 1, index))
    index += size
    print(index, flush=True)
    if index % 5 == 0:
        storage.checkpoint()
    if index % 11 == 0 and index > storage._snapshot_index:
        writer = storage.begin_snapshot(meta(index))
        writer.write(b"%d" % index)
        writer.write(b"state" * 1000)
        writer.commit()
        storage.release_snapshots()
"""

APPEND_COUNTED = """
import sys
from pathlib import Path
from tests.unit.storage.builders import IDENTITY, entry
from vard_http.raft.messages import HardState
from vard_http.storage import StorageFailed, open_storage

storage = open_storage(Path(sys.argv[1]), IDENTITY)
print("open", file=sys.stderr, flush=True)
index = 1
for attempt in range(1, 11):
    try:
        storage.append([entry(index)], HardState(1, 1, index))
        index += 1
    except StorageFailed as error:
        print(f"failed {attempt}: {error}")
print("appended", file=sys.stderr, flush=True)
try:
    storage.close()
except StorageFailed as error:
    print(f"failed close: {error}")
"""

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


def test_every_append_reported_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    for cycle in range(24):
        command = [sys.executable, "-c", APPEND_FOREVER, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            lines = [child.stdout.readline() for _ in range(1 + cycle * 3)]
            child.kill()
            lines += child.stdout.readlines()
        reported = int([line for line in lines if line.endswith("\n")][-1])
        _, recovered, chunks = read_all(tmp_path) if cycle % 2 else read_all(copy(tmp_path, cycle))
        assert recovered.entries == entries(1, recovered.entries[-1].index)
        assert recovered.entries[-1].index >= reported
        if recovered.snapshot is not None:
            assert chunks == [b"%d" % recovered.snapshot.index, b"state" * 1000]


def copy(data_dir: Path, number: int) -> Path:
    """So that the next process meets the files as the crash left them."""
    return shutil.copytree(data_dir, data_dir.with_name(f"{data_dir.name}-{number}"))


class Traced(NamedTuple):
    failures: list[str]
    syncs_to_open: list[str]
    syncs_to_append: list[str]


def run_traced(data_dir: Path, *options: str) -> Traced:
    """Run APPEND_COUNTED; its syncs are told apart by what it writes between them."""
    log = data_dir.with_name("trace")
    trace = ["strace", "-f", "-o", str(log), "-e", "trace=fdatasync,fsync,write", *options]
    command = [*trace, sys.executable, "-c", APPEND_COUNTED, str(data_dir)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if "ptrace" in result.stderr:
        pytest.skip(result.stderr)
    opening, _, rest = log.read_text().partition('write(2, "open')
    appending, marker, _ = rest.partition('write(2, "appended')
    assert marker, result.stderr
    syncs = re.compile(r"fdatasync\(.*|fsync\(.*")
    return Traced(result.stdout.splitlines(), syncs.findall(opening), syncs.findall(appending))


@needs_strace
def test_each_append_is_synced(tmp_path: Path) -> None:
    traced = run_traced(tmp_path / "data")
    assert traced.failures == []
    assert len(traced.syncs_to_append) == 10


@needs_strace
def test_a_failed_sync_is_final(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    open_storage(data_dir, IDENTITY).close()
    opening = run_traced(copy(data_dir, 1)).syncs_to_open
    number = sum("fdatasync" in call for call in opening) + 5
    traced = run_traced(data_dir, "-e", f"inject=fdatasync:error=EIO:when={number}")
    assert [line.split(":")[0] for line in traced.failures] == [f"failed {n}" for n in range(5, 11)]
    assert all("disk I/O error" in line and "check the disk" in line for line in traced.failures)
    assert len(traced.syncs_to_append) == 5, "nothing is synced after the failure"
    recovered = read_all(data_dir)[1].entries
    assert recovered in (entries(1, 4), entries(1, 5)), "what was not acknowledged may be there"


def test_a_full_disk_is_final_and_said_so(storage: Storage, tmp_path: Path) -> None:
    populate(storage)
    storage._database.query(f"PRAGMA max_page_count={storage._database.setting('page_count')}")
    with pytest.raises(StorageFailed, match=r"disk is full; free some space"):
        storage.receive_chunk(meta(99), 0, bytes(1_000_000))
    before = storage.recover()
    with pytest.raises(StorageFailed, match="disk is full"):
        storage.append([entry(61, 3)], None)
    with pytest.raises(StorageFailed, match="disk is full"):
        storage.append([], HardState(4, 0, 60))
    with pytest.raises(StorageFailed, match="disk is full"):
        storage.checkpoint()
    storage.close()
    assert read_all(tmp_path / "data")[1] == before
