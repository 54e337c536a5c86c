"""What vard's clients were answered last: Raft.v's `clientCache`, here with a bound."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, NamedTuple

import msgspec

CAPACITY: Final = 10_000
"""Clients that are remembered. Like CACHE_BYTES, part of what replicas have to agree on."""

CACHE_BYTES: Final = 32 << 20
"""Bytes of keys and values in the remembered outputs."""


class Refusal(IntEnum):
    """Why a request came to nothing that VarD.v, whose keys are flat, always carries out."""

    NONE = 0
    DIRECTORY = 1
    BELOW_A_KEY = 2
    FOREIGN_VALUE = 3


class Output(msgspec.Struct, array_like=True, gc=False, frozen=True, forbid_unknown_fields=True):
    """VarD.v `Response`: the value of `key` after a request, and the `old` one before it."""

    key: bytes
    value: bytes | None
    old: bytes | None
    refusal: Refusal = Refusal.NONE


class Remembered(NamedTuple):
    """The number of a client's last request, and its output."""

    number: int
    output: Output


class ClientEntry(NamedTuple):
    """One client of the cache."""

    client: bytes
    number: int
    output: Output


class ClientCache:
    """The last request of each client, those that were applied latest.

    Raft.v never forgets one. Here the client whose last request was applied longest ago goes first;
    so all replicas, which apply in the same order, forget the same ones.
    """

    def __init__(self, entries: Iterable[ClientEntry] = ()) -> None:
        self._last: dict[bytes, Remembered] = {}
        self._bytes = 0
        for entry in entries:
            self.save(*entry)

    def __len__(self) -> int:
        return len(self._last)

    def last(self, client: bytes) -> Remembered | None:
        """Raft.v `getLastId`."""
        return self._last.get(client)

    def save(self, client: bytes, number: int, output: Output) -> None:
        """Remember the last request of `client`, which is the latest of all."""
        self._forget(client)
        self._last[client] = Remembered(number, output)
        self._bytes += _size(output)
        while len(self._last) > CAPACITY or (self._bytes > CACHE_BYTES and len(self._last) > 1):
            self._forget(next(iter(self._last)))

    def entries(self) -> list[ClientEntry]:
        """All that is remembered, in the order in which it would be forgotten."""
        return [ClientEntry(client, *last) for client, last in self._last.items()]

    def _forget(self, client: bytes) -> None:
        last = self._last.pop(client, None)
        if last is not None:
            self._bytes -= _size(last.output)


def _size(output: Output) -> int:
    return len(output.key) + len(output.value or b"") + len(output.old or b"")
