"""The LD_PRELOAD shim of shim.c: compiled at first use, controlled through a shared file."""

from __future__ import annotations

import hashlib
import mmap
import os
import shutil
import struct
import subprocess
import tempfile
from enum import IntEnum
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("shim.c")
MISSING: Final = "no C compiler (cc): clock, disk and power faults are left out"

_FIELDS: Final = (
    "clock_offset_ns",
    "sync_delay_us",
    "sync_error",
    "write_error",
    "cut_after",
    "cut_policy",
    "cut_seed",
    "journal",
    "sync_lies",
    "operations",
    "cuts",
    "dropped",
    "torn",
    "kept",
    "names_dropped",
)
_WORD: Final = struct.Struct("=q")


class Policy(IntEnum):
    """What a power cut leaves of the writes that were not synced."""

    DROP_ALL = 0
    KEEP_PREFIX = 1
    """The first of them, and one of which only some sectors arrived."""
    KEEP_SCATTERED = 2
    """Any sectors of any of them."""


def compiled() -> Path | None:
    """The shared library, made if this source was not compiled before; None without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    library = Path(tempfile.gettempdir()) / f"vard-http-campaign-{os.getuid()}-{digest}.so"
    if not library.exists():
        draft = library.with_suffix(f".{os.getpid()}")
        command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(draft), str(SOURCE), "-ldl"]
        subprocess.run([*command, "-lpthread"], check=True)
        draft.rename(library)
    return library


class Shim:
    """The controls of one process below `directory`; they outlive its restarts."""

    def __init__(self, library: Path, directory: Path, control: Path) -> None:
        self._library = library
        self._directory = directory
        self._control = control
        control.write_bytes(bytes(mmap.PAGESIZE))
        with control.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def environment(self) -> list[str]:
        """NAME=VALUE for the process, which is to have its files in the directory."""
        return [
            f"LD_PRELOAD={self._library}",
            f"CAMPAIGN_SHIM_CONTROL={self._control}",
            f"CAMPAIGN_SHIM_DIRECTORY={self._directory.resolve()}",
        ]

    def set(self, **fields: int) -> None:
        """Change settings, also of a running process; names and units are those of shim.c."""
        for name, value in fields.items():
            _WORD.pack_into(self._memory, _FIELDS.index(name) * _WORD.size, value)

    def get(self, field: str) -> int:
        value: int = _WORD.unpack_from(self._memory, _FIELDS.index(field) * _WORD.size)[0]
        return value

    def arm(self, after: int, policy: Policy, seed: int) -> None:
        """Cut the power at the `after`th operation on a file from now on."""
        self.set(cut_policy=policy, cut_seed=seed, cut_after=after)

    def close(self) -> None:
        self._memory.close()
