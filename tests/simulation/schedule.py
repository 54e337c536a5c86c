"""Which actions of a run take place: the handle by which a failing run is made shorter.

Faults, requests and the fates of messages are numbered, and draw their chance from the seed and
their number alone. So one of them can be left out without changing what the others are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

Action = tuple[Hashable, ...]
"""The kind of an action first, then what tells it from the others of its kind."""

_ODD = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


def bits(*key: int) -> int:
    """64 bits that follow from `key`, the same in every process."""
    mixed = (hash(key) * _ODD) & _WORD
    mixed ^= mixed >> 29
    return (mixed * _ODD) & _WORD


class Schedule:
    """`taken` are the actions that took place, in order, and `counts` how many of each kind."""

    def __init__(self, only: frozenset[Action] | None = None) -> None:
        self.taken: list[Action] = []
        self.counts: Counter[str] = Counter()
        self._only = only

    def permits(self, action: Action) -> bool:
        """Whether `action` is to take place now; if so that is noted."""
        if self._only is not None and action not in self._only:
            return False
        self.taken.append(action)
        return True

    def count(self, kind: str) -> None:
        """Something of this kind really happened."""
        self.counts[kind] += 1
