"""Damage to a stopped member's database: flipped bits and torn pages.

The main file may be hit anywhere, the write-ahead log only before its last writes: a bad end of it
cannot be told from a write that a power cut interrupted, by SQLite or by anybody.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

PAGE: Final = 4096
_WAL_HEADER: Final = 32
_FRAME: Final = 24 + PAGE


def damage(database: Path, chance: random.Random) -> str:
    """Flip a bit of a page, or tear one; returns what was done."""
    wal = database.with_name(database.name + "-wal")
    frames = _live_frames(wal)
    if frames >= 16 and chance.random() < 0.5:
        frame = chance.randrange(frames // 2)
        start, path, name = _WAL_HEADER + frame * _FRAME + 24, wal, f"frame {frame + 1} of the WAL"
    else:
        page = chance.randrange(database.stat().st_size // PAGE)
        start, path, name = page * PAGE, database, f"page {page + 1}"
    content = bytearray(path.read_bytes())
    if chance.random() < 0.5:
        place = start + chance.randrange(PAGE)
        content[place] ^= 1 << chance.randrange(8)
        what = f"flip a bit of {name}"
    else:
        content[start + PAGE // 2 : start + PAGE] = bytes(PAGE // 2)
        what = f"tear {name}"
    path.write_bytes(content)
    return what


def _live_frames(wal: Path) -> int:
    """How many frames from the first on are of the WAL's present life."""
    if not wal.exists() or wal.stat().st_size < _WAL_HEADER:
        return 0
    content = wal.read_bytes()
    count = 0
    for start in range(_WAL_HEADER, len(content) - _FRAME + 1, _FRAME):
        if content[start + 8 : start + 16] != content[16:24]:
            break
        count += 1
    return count
