"""One log line for each connection that TLS rejects, and no more for a flood of them."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from vard_http.govalues import quote

log = structlog.get_logger("tls")

PERIOD_SECONDS: Final = 10.0
MAX_KINDS: Final = 50


class Rejections:
    """The first of each host and reason is logged at once; repeats are counted for a period."""

    def __init__(self) -> None:
        self._repeats: dict[tuple[str, str], int] = {}
        self._others = 0
        self._timer: asyncio.TimerHandle | None = None

    def note(self, address: tuple[str, int], reason: str) -> None:
        """A connection from `address`, host and port, was rejected."""
        kind = (address[0], reason)
        if kind in self._repeats:
            self._repeats[kind] += 1
        elif len(self._repeats) == MAX_KINDS:
            self._others += 1
        else:
            self._repeats[kind] = 0
            log.warning(
                f'rejected connection from "{format_address(address)}" (error {quote(reason)})'
            )
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PERIOD_SECONDS, self.end_period)

    def end_period(self) -> None:
        """Log what was only counted, and start anew."""
        for (host, reason), count in self._repeats.items():
            if count:
                log.warning(
                    f'rejected {count} more connections from "{host}" (error {quote(reason)})'
                )
        if self._others:
            log.warning(f"rejected {self._others} more connections for other reasons")
        self._repeats.clear()
        self._others = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def format_address(address: tuple[str, int]) -> str:
    """`host:port`, IPv6 in brackets."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
