"""What the service manager is told."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from vard_http.notify import notify


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
