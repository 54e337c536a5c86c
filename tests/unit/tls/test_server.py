"""What becomes of connections to a TLS port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
import trustme
from structlog.testing import capture_logs

from tests.unit.tls.support import Pair, issue, trusting
from vard_http.tls import Security, Settings, TlsServer, server


class Echo(asyncio.Protocol):
    """Gives back what it gets, in the hands of a second protocol after the first piece."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)
        second = Echo()
        self.transport.set_protocol(second)
        second.connection_made(self.transport)


@contextlib.asynccontextmanager
async def serving(security: Security, *, plain: bool = False) -> AsyncIterator[int]:
    """The port of a server that echoes."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    port: int = listening.getsockname()[1]
    running = TlsServer(listening, Echo, security, plain=plain)
    try:
        yield port
    finally:
        running.close()


async def exchange(port: int, context: ssl.SSLContext | None, *pieces: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    answer = b""
    try:
        for piece in pieces:
            writer.write(piece)
            answer += await reader.read(100)
        return answer
    finally:
        writer.transport.abort()


@pytest.fixture
def settings(pair: Pair) -> Settings:
    return Settings(cert_file=pair.cert_file, key_file=pair.key_file)


async def test_bytes_reach_the_protocol_and_the_one_it_hands_over_to(
    settings: Settings, ca: trustme.CA
) -> None:
    async with serving(Security(settings)) as port:
        assert await exchange(port, trusting(ca), b"one", b"two") == b"onetwo"


async def test_plain_http_is_closed_without_a_byte_and_with_one_line(settings: Settings) -> None:
    with capture_logs() as lines:
        async with serving(Security(settings)) as port:
            assert await exchange(port, None, b"GET / HTTP/1.1\r\n\r\n") == b""
    assert len(lines) == 1
    assert lines[0]["event"].endswith('(error "plain HTTP on a TLS port")')


async def test_a_port_for_both_takes_both(settings: Settings, ca: trustme.CA) -> None:
    async with serving(Security(settings), plain=True) as port:
        assert await exchange(port, None, b"plain", b"!") == b"plain!"
        assert await exchange(port, trusting(ca), b"secret", b"!") == b"secret!"


async def test_a_client_is_told_why_it_was_refused(
    pair: Pair, ca: trustme.CA, ca_file: str
) -> None:
    settings = Settings(cert_file=pair.cert_file, key_file=pair.key_file, trusted_ca_file=ca_file)
    with capture_logs() as lines:
        async with serving(Security(settings)) as port:
            with pytest.raises(ssl.SSLError, match="certificate required"):
                await exchange(port, trusting(ca), b"hello")
    assert len(lines) == 1
    assert lines[0]["event"].endswith('(error "no certificate was presented")')


async def test_a_silent_client_is_given_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HANDSHAKE_SECONDS", 0.05)
    with capture_logs() as lines:
        async with serving(Security(settings)) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await reader.read() == b""
            writer.close()
    assert len(lines) == 1
    assert lines[0]["event"].endswith('(error "no handshake within 0.05 s")')


async def test_a_client_that_leaves_within_the_handshake_costs_one_line(
    settings: Settings,
) -> None:
    with capture_logs() as lines:
        async with serving(Security(settings)) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\x16\x03\x01")
            writer.write_eof()
            await reader.read()
            writer.close()
    assert len(lines) == 1
    assert lines[0]["event"].endswith('(error "the connection ended within the handshake")')


@pytest.mark.parametrize(("host", "allowed"), [("127.0.0.1", True), ("127.0.0.9", False)])
async def test_a_peer_has_to_call_from_where_its_certificate_says(
    host: str, allowed: bool, pair: Pair, ca: trustme.CA, ca_file: str, tmp_path: Path
) -> None:
    settings = Settings(
        cert_file=pair.cert_file,
        key_file=pair.key_file,
        trusted_ca_file=ca_file,
        check_address=True,
    )
    client = trusting(ca, issue(ca, tmp_path, "peer", host))
    with capture_logs() as lines:
        async with serving(Security(settings)) as port:
            answer = b""
            with contextlib.suppress(OSError):
                answer = await exchange(port, client, b"hello")
    assert answer == (b"hello" if allowed else b"")
    assert len(lines) == (0 if allowed else 1)
