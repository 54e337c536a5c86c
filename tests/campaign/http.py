"""Requests of the campaign's clients, which must know what an absent answer leaves open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from tests.harness.http1 import MalformedResponse, Response, ResponseParser
from tests.harness.wire import FORM, request_bytes

CONNECT_SECONDS: Final = 1.0
PATIENCE: Final = 2.0
"""Seconds after which a client gives up; the request may be carried out all the same."""


class NotSent(Exception):
    """No connection: the request certainly had no effect."""


class Unanswered(Exception):
    """Sent, but no whole answer came: nobody knows whether it took effect."""


class Connection:
    """One client's connection to one port; opened when needed, given up after any trouble."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(
        self,
        method: str,
        target: str,
        fields: Mapping[str, object] | None = None,
        patience: float = PATIENCE,
    ) -> Response:
        """Send one request, with `fields` as its form, and read the answer.

        Raises NotSent and Unanswered.
        """
        await self._open()
        try:
            async with asyncio.timeout(patience):
                return await self._exchange(method, target, fields)
        except (OSError, EOFError, TimeoutError, MalformedResponse) as error:
            self.close()
            raise Unanswered(f"{type(error).__name__}: {error}") from error
        except BaseException:
            self.close()
            raise

    async def stream(self, target: str, patience: float) -> AsyncIterator[Response | bytes]:
        """A GET's head as a Response without body, then its body line by line.

        Ends when the answer does; raises NotSent, and Unanswered when nothing comes for `patience`
        seconds or the connection breaks.
        """
        await self._open()
        assert self._streams is not None
        reader, writer = self._streams
        try:
            writer.write(request_bytes("GET", target))
            parser, told, done = ResponseParser("GET"), False, 0
            while True:
                if parser.head is not None and not told:
                    told = True
                    yield Response(parser.head, parser.framing, b"")
                while (end := parser.body.find(b"\n", done)) >= 0:
                    line, done = bytes(parser.body[done:end]), end + 1
                    yield line
                if parser.finished:
                    return
                async with asyncio.timeout(patience):
                    data = await reader.read(1 << 16)
                if not data:
                    raise Unanswered("closed")
                parser.feed(data)
        except (OSError, TimeoutError, MalformedResponse) as error:
            raise Unanswered(f"{type(error).__name__}: {error}") from error
        finally:
            self.close()

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _open(self) -> None:
        if self._streams is not None and not self._streams[0].at_eof():
            return
        self.close()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        except (OSError, TimeoutError) as error:
            raise NotSent(str(error)) from error

    async def _exchange(
        self, method: str, target: str, fields: Mapping[str, object] | None
    ) -> Response:
        assert self._streams is not None
        reader, writer = self._streams
        body = urlencode(fields).encode() if fields is not None else None
        headers = {"Content-Type": FORM} if fields is not None else {}
        writer.write(request_bytes(method, target, headers, body))
        parser = ResponseParser(method)
        while not parser.finished:
            data = await reader.read(1 << 16)
            if not data:
                raise EOFError("closed before the answer was whole")
            parser.feed(data)
        return parser.response()


async def ask(port: int, method: str, target: str, patience: float = PATIENCE) -> Response:
    """One request on a connection of its own. Raises NotSent and Unanswered."""
    connection = Connection(port)
    try:
        return await connection.request(method, target, patience=patience)
    finally:
        connection.close()


def parsed(response: Response) -> Any:
    """The JSON of a body."""
    return json.loads(response.body)
