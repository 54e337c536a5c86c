"""Telling the service manager how we are: systemd's notification socket (sd_notify(3))."""

from __future__ import annotations

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
