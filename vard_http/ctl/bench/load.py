"""What is asked, and how it went."""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from vard_http.ctl.bench.latencies import Latencies


class Kind(Enum):
    """The kinds of requests; a quorum read is linearizable, a read is what the member has."""

    WRITE = "write"
    READ = "read"
    QUORUM_READ = "quorum read"


@dataclass(frozen=True, slots=True)
class Load:
    """`mix` has the share of each kind, in any unit; all keys are below the directory `directory`.

    It ends after `requests`, if that is not None, and after `seconds`, if that is not None.
    """

    mix: Mapping[Kind, float]
    connections: int
    keys: int
    value_size: int
    directory: str
    requests: int | None = None
    seconds: float | None = None

    def key(self, number: int) -> str:
        """The path of the key of that number."""
        return f"{self.directory}/{number:06}"


@dataclass(slots=True)
class Chooser:
    """What one connection asks next; the same seed asks the same."""

    load: Load
    seed: int
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def kind(self) -> Kind:
        """The kind of the next request."""
        mix = self.load.mix
        return self._chance.choices(list(mix), list(mix.values()))[0]

    def key(self) -> str:
        """The path of its key."""
        return self.load.key(self._chance.randrange(self.load.keys))

    def value(self) -> str:
        """Letters and digits, as many as the load wants."""
        size = self.load.value_size
        seed = "".join(self._chance.choices(_LETTERS, k=min(size, 64)))
        return (seed * (size // 64 + 1))[:size]


_LETTERS = string.ascii_letters + string.digits


class Tally:
    """How the requests went so far."""

    def __init__(self) -> None:
        self.latencies = {kind: Latencies() for kind in Kind}
        self.failed: Counter[Kind] = Counter()
        self.reasons: Counter[str] = Counter()

    @property
    def answered(self) -> int:
        """How many were answered as they should."""
        return sum(one.count for one in self.latencies.values())

    @property
    def done(self) -> int:
        """How many ended, well or not."""
        return self.answered + self.failed.total()

    def succeed(self, kind: Kind, seconds: float) -> None:
        """Count a request that was answered."""
        self.latencies[kind].add(seconds)

    def fail(self, kind: Kind, reason: str) -> None:
        """Count one that was not, and why."""
        self.failed[kind] += 1
        self.reasons[reason] += 1
