"""Why there is no answer is told in the system's words, without addresses around them."""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading

import pytest

from tests.harness.ports import lease_port
from vard_http.client import AsyncClient, ClusterUnavailable, Tls


async def reason(endpoint: str, tls: Tls | None = None) -> str:
    """Why a member at `endpoint` does not tell its version."""
    async with AsyncClient(endpoint, tls=tls) as client:
        with pytest.raises(ClusterUnavailable) as failed:
            await client.version()
    return failed.value.errors[endpoint]


async def test_nobody_listens() -> None:
    lease = lease_port()
    told = await reason(f"http://127.0.0.1:{lease.port}")
    lease.release()
    assert told == os.strerror(errno.ECONNREFUSED)


async def test_a_name_that_does_not_exist() -> None:
    told = await reason("http://nonesuch.invalid:2379")
    assert told
    assert "nonesuch" not in told


async def test_a_plain_server_that_is_asked_for_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        closing = threading.Thread(target=lambda: server.accept()[0].close())
        closing.start()
        told = await reason(f"https://127.0.0.1:{server.getsockname()[1]}", Tls())
        closing.join()
    assert told == os.strerror(errno.ECONNRESET)


async def test_a_connection_that_is_reset_after_the_request() -> None:
    def reset(server: socket.socket) -> None:
        connection, _ = server.accept()
        connection.recv(1024)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        resetting = threading.Thread(target=reset, args=(server,))
        resetting.start()
        told = await reason(f"http://127.0.0.1:{server.getsockname()[1]}")
        resetting.join()
    assert told == os.strerror(errno.ECONNRESET)
