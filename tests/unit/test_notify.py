"""What the service manager is told."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from vard_http.notify import keep_watchdog, notify, watchdog_seconds


def manager(address: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.settimeout(5)
    listening.bind(address)
    return listening


def test_the_state_goes_to_the_socket_that_the_manager_named(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with manager(path) as listening:
        notify("READY=1", {"NOTIFY_SOCKET": path})
        assert listening.recv(100) == b"READY=1"


def test_an_at_sign_names_an_abstract_socket(tmp_path: Path) -> None:
    with manager(f"\0{tmp_path}") as listening:
        notify("STOPPING=1", {"NOTIFY_SOCKET": f"@{tmp_path}"})
        assert listening.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nowhere"}])
def test_without_a_manager_nothing_happens(environ: dict[str, str]) -> None:
    notify("READY=1", environ)


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "2500000"}, 2.5),
        ({"WATCHDOG_USEC": "2500000", "WATCHDOG_PID": str(os.getpid())}, 2.5),
        ({"WATCHDOG_USEC": "2500000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_manager_says_how_long_it_waits(environ: dict[str, str], seconds: float | None) -> None:
    assert watchdog_seconds(environ) == seconds


async def test_the_watchdog_hears_from_a_loop_that_runs(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with manager(path) as listening:
        listening.setblocking(False)
        asked = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "2000"}
        keeping = asyncio.ensure_future(keep_watchdog(asked))
        for _ in range(3):
            message = await asyncio.get_running_loop().sock_recv(listening, 100)
            assert message == b"WATCHDOG=1"
        keeping.cancel()


async def test_without_a_watchdog_nobody_keeps_it() -> None:
    await keep_watchdog({"NOTIFY_SOCKET": "/nowhere"})
