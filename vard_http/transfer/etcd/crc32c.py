"""CRC-32C (Castagnoli), by which etcd checks its files; zlib has another polynomial."""

from __future__ import annotations

import sys
from array import array
from functools import cache
from typing import Final

_POLYNOMIAL: Final = 0x82F63B78
"""0x1EDC6F41 with its bits reversed."""


def crc32c(data: bytes, previous: int = 0) -> int:
    """The checksum of what had the checksum `previous`, followed by `data`."""
    crc = previous ^ 0xFFFFFFFF
    bytewise, low, high = _tables()
    whole = len(data) & ~3
    words = array("I", data[:whole])
    if sys.byteorder == "big":
        words.byteswap()
    for word in words:
        crc ^= word
        crc = low[crc & 0xFFFF] ^ high[crc >> 16]
    for byte in data[whole:]:
        crc = bytewise[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


@cache
def _tables() -> tuple[array[int], array[int], array[int]]:
    """What a byte does to the checksum, and what the lower and the upper half of a word do."""
    bytewise = array("I", (_byte(number) for number in range(256)))

    def run(crc: int, count: int) -> int:
        for _ in range(count):
            crc = bytewise[crc & 0xFF] ^ (crc >> 8)
        return crc

    low = array("I", (run(number, 4) for number in range(1 << 16)))
    high = array("I", (run(number, 2) for number in range(1 << 16)))
    return bytewise, low, high


def _byte(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc
