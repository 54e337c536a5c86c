"""A proxy that loses answers: the server has carried the request out, the client cannot know."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

from tests.harness.wire import Connection


class CuttingProxy(socketserver.ThreadingTCPServer):
    """Forwards requests to a server on `port`, one after the other on each connection.

    While `cutting` is set, the answer is read and thrown away, and the connection closed. With
    `closing`, connections are closed after each answer, without a word of it in the answer.
    `seen` has the method of every request.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = port
        self.cutting = False
        self.closing = False
        self.seen: list[str] = []
        self.closed = threading.Event()

    def shutdown_request(self, request: Any) -> None:
        """Called when a connection is to be closed."""
        super().shutdown_request(request)
        self.closed.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(socketserver.StreamRequestHandler):
    server: CuttingProxy

    def handle(self) -> None:
        with Connection(self.server.upstream) as upstream:
            while self._forward(upstream):
                pass

    def _forward(self, upstream: Connection) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in (b"", b"\r\n"):
            lines.append(line)
        if not lines:
            return False
        fields = dict(entry.decode().lower().strip().split(": ", 1) for entry in lines[1:])
        body = self.rfile.read(int(fields.get("content-length", "0")))
        method = lines[0].split()[0].decode()
        self.server.seen.append(method)
        upstream.send(b"".join([*lines, b"\r\n", body]))
        answer = upstream.read(method)
        if self.server.cutting:
            return False
        head = [f"HTTP/1.1 {answer.status} X\r\n"]
        head += [f"{name}: {value}\r\n" for name, value in answer.head.headers]
        self.wfile.write("".join(head).encode() + b"\r\n" + answer.body)
        return not self.server.closing


@contextlib.contextmanager
def cutting_proxy(port: int) -> Iterator[CuttingProxy]:
    """A proxy in a thread of its own, for the length of a `with` block."""
    with CuttingProxy(port) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
