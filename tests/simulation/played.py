"""What a run was worth."""

from __future__ import annotations

from collections import Counter

import msgspec


class Played(msgspec.Struct, frozen=True):
    """`happened` counts faults, and other things that a run is played for, by kind.

    `story` is told only if it was asked for.
    """

    steps: int
    milliseconds: int
    elections: int
    committed: int
    acknowledged: int
    reads: int
    happened: Counter[str]
    story: str = ""
