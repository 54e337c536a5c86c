"""Whether there is room for another write: etcd's NOSPACE for the v2 keys."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

from vard_http.store import NODE_BYTES, Command, CompareAndSwap, Create, Set, Store, Update

RESERVE_BYTES: Final = 32 << 20
"""Free bytes on the disk that are left to the log, beside those for a snapshot."""

LOOK_SECONDS: Final = 1.0

_ADDING: Final = (Set, Create, Update, CompareAndSwap)


def free_bytes(directory: str) -> int:
    """What an unprivileged process may still write below `directory`."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


class Quota:
    """Decides, before anything is proposed, which writes would not fit.

    There are two limits: `limit` bytes of stored data (0: none), reckoned as Store.size does, and
    the disk, on which the log must go on and a whole snapshot must fit. A full disk would end the
    process; a write that is refused in time does not. `free` gives the free bytes of the disk.
    """

    def __init__(
        self,
        store: Store,
        limit: int,
        free: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = limit
        self._store = store
        self._free = free
        self._clock = clock
        self._looked = 0.0
        self._disk = self._look()
        self._wanted = 0

    def refuses(self, command: Command) -> bool:
        """Whether `command` adds data and there is no room for that. Refreshes add none."""
        if not isinstance(command, _ADDING):
            return False
        if not isinstance(command, Create) and command.refresh:
            return False
        size = len(command.path) + len(command.value) + NODE_BYTES
        self._wanted = 0 if self._fits(size) else size
        return bool(self._wanted)

    @property
    def alarm(self) -> bool:
        """Whether the last write was refused and there still is no room for it."""
        return bool(self._wanted) and not self._fits(self._wanted)

    def free_bytes(self) -> int:
        """What the disk has free now."""
        self._disk = self._look()
        return self._disk

    def _fits(self, size: int) -> bool:
        if self.limit and self._store.size + size > self.limit:
            return False
        if self._clock() - self._looked > LOOK_SECONDS:
            self._disk = self._look()
        return self._disk >= RESERVE_BYTES + self._store.size + size

    def _look(self) -> int:
        self._looked = self._clock()
        return self._free()
