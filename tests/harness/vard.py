"""A blocking client of vard's protocol, made after what vard's own one sends."""

from __future__ import annotations

import socket
import ssl
import time
import uuid
from collections.abc import Sequence

from tests.harness.wire import DEFAULT_TIMEOUT, ConnectionEnded


class VardClient:
    """One connection to 127.0.0.1:port. `client` is the id, a new one unless it is given."""

    def __init__(
        self,
        port: int,
        client: str | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.client = client or uuid.uuid4().hex
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.send(self.client)

    def __enter__(self) -> VardClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, text: str) -> None:
        """Send a frame, in two pieces as vard's client does."""
        data = text.encode()
        self.socket.sendall(len(data).to_bytes(4, "little"))
        self.socket.sendall(data)

    def read(self) -> str:
        """The next answer. Raises ConnectionEnded, TimeoutError."""
        return self._exactly(int.from_bytes(self._exactly(4), "little")).decode()

    def ask(self, text: str) -> str:
        """Send a request and read an answer."""
        self.send(text)
        return self.read()

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            try:
                piece = self.socket.recv(count - len(data))
            except ConnectionResetError:
                piece = b""
            if not piece:
                raise ConnectionEnded(f"after {data!r}")
            data += piece
        return data


def ask_leader(ports: Sequence[int], client: str, text: str, patience: float = 15.0) -> str:
    """The answer to a request by whoever leads, sent again until there is one."""
    deadline = time.monotonic() + patience
    while True:
        for port in ports:
            try:
                with VardClient(port, client, timeout=2.0) as connection:
                    answer = connection.ask(text)
            except (OSError, ConnectionEnded):
                continue
            if not answer.startswith("NotLeader "):
                return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"no answer to {text!r}")
        time.sleep(0.02)
