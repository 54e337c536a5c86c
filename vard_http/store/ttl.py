"""Expiry times: their arithmetic and the index of what is due next (contract 8)."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Final

_NANOSECONDS: Final = 1_000_000_000
_INT64_MIN: Final = -(2**63)
_INT64_MAX: Final = 2**63 - 1
_YEAR_2000: Final = 946_684_800 * _NANOSECONDS
_SLACK: Final = 64


def _wrap(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63


def expiration(now: int, ttl: int) -> int:
    """The absolute expiry in nanoseconds of `ttl` seconds (uint64) from `now` (nanoseconds).

    Sums and products wrap like Go's int64. A result of 0 means "no TTL" to the store.
    """
    return _wrap(now + _wrap(_wrap(ttl) * _NANOSECONDS))


def or_permanent(expires: int) -> int:
    """The expiry that set and create store: anything before the year 2000 is none at all."""
    return expires if expires >= _YEAR_2000 else 0


def remaining(expires: int, now: int) -> int:
    """The seconds left, rounded up; the distance saturates at the int64 range as Go's does."""
    distance = expires - now
    if not _INT64_MIN <= distance <= _INT64_MAX:
        distance = _INT64_MIN if distance < 0 else _INT64_MAX
    return -(-distance // _NANOSECONDS)


class TTLIndex:
    """Paths by expiry time, ties by path, so that every replica expires in the same order.

    Entries of the heap that no longer hold are left until they surface; once they outnumber the
    live ones the heap is built anew, so it never holds more than about twice the live paths.
    """

    def __init__(self) -> None:
        self._expires: dict[bytes, int] = {}
        self._heap: list[tuple[int, bytes]] = []

    def __len__(self) -> int:
        return len(self._expires)

    def set(self, path: bytes, expires: int) -> None:
        """Let `path` expire at `expires`; 0 means never."""
        if not expires:
            self.discard(path)
            return
        self._expires[path] = expires
        heappush(self._heap, (expires, path))
        self._compact()

    def discard(self, path: bytes) -> None:
        """Forget the expiry of `path`, if it has one."""
        self._expires.pop(path, None)
        self._compact()

    def pop_due(self, cutoff: int) -> bytes | None:
        """Take out the path that expires first, if that is not after `cutoff`."""
        heap = self._heap
        while heap and heap[0][0] <= cutoff:
            expires, path = heappop(heap)
            if self._expires.get(path) == expires:
                del self._expires[path]
                return path
        return None

    def _compact(self) -> None:
        if len(self._heap) > 2 * len(self._expires) + _SLACK:
            self._heap = [(expires, path) for path, expires in self._expires.items()]
            heapify(self._heap)
