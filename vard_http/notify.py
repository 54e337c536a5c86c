"""Telling the service manager how we are: systemd's notification socket (sd_notify(3))."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping

import structlog

log = structlog.get_logger("notify")


def notify(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send `state`, such as `READY=1`; nothing without NOTIFY_SOCKET in `environ`.

    A manager that cannot be reached costs a warning, not the service.
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            connection.connect(address)
            connection.sendall(state.encode())
    except OSError as error:
        log.warning("failed to notify systemd", state=state, error=str(error))


def watchdog_seconds(environ: Mapping[str, str] = os.environ) -> float | None:
    """How long the manager lets this process be silent (sd_watchdog_enabled(3)); None: for ever."""
    allowed, meant_for = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if meant_for not in ("", str(os.getpid())) or not allowed.isascii() or not allowed.isdigit():
        return None
    return int(allowed) / 1e6 or None


async def keep_watchdog(environ: Mapping[str, str] = os.environ) -> None:
    """Tell the manager, twice as often as it asks, that the event loop runs; until cancelled.

    Returns at once if the manager does not ask.
    """
    seconds = watchdog_seconds(environ)
    while seconds is not None:
        notify("WATCHDOG=1", environ)
        await asyncio.sleep(seconds / 2)
