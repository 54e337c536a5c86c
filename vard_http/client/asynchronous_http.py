"""Steps carried out with aiohttp."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp
from yarl import URL

from vard_http.client.exchange import (
    Attempt,
    Failure,
    Listen,
    Open,
    Operation,
    Outcome,
    Pause,
    Step,
)
from vard_http.client.model import Response
from vard_http.client.sockets import KEEPALIVE

T = TypeVar("T")


class _Unanswered(aiohttp.ClientError):
    """A connection broke after the request may have been sent."""


async def _send_once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keeps aiohttp from sending a PUT or DELETE again when a kept connection breaks.

    It takes them for harmless to repeat (RFC 9112, 9.3.1). A `set` between the two would be undone.
    """
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Unanswered(_text(error)) from error


class Sessions:
    """aiohttp's session, made when the first request is."""

    def __init__(
        self,
        context: ssl.SSLContext | None,
        authorization: str | None,
        timeout: float,
        connect_timeout: float,
    ) -> None:
        self.timeout = timeout
        self._context = context
        self._authorization = authorization
        self._connect_timeout = connect_timeout
        self._session: aiohttp.ClientSession | None = None

    async def send(self, attempt: Attempt) -> aiohttp.ClientResponse:
        """The answer once its head is there. Raises aiohttp.ClientError, TimeoutError."""
        request = attempt.request
        headers: dict[str, str] = {}
        if request.content_type is not None:
            headers["Content-Type"] = request.content_type
        if self._authorization is not None and attempt.trusted:
            headers["Authorization"] = self._authorization
        timeout = self.timeout if attempt.timeout is None else attempt.timeout
        connecting = min(timeout, self._connect_timeout)
        if not request.repeatable:
            await _notice_closed_connections()
        async with asyncio.timeout(timeout):
            return await self._opened().request(
                request.method,
                URL(attempt.endpoint + request.target, encoded=True),
                data=request.body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(connect=connecting),
            )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0,  # long polls must not keep others waiting
                ssl=True if self._context is None else self._context,
                socket_factory=_socket,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                middlewares=(_send_once,),
            )
        return self._session


@dataclass(slots=True)
class _Answer:
    """An answer that is being read."""

    http: aiohttp.ClientResponse
    pieces: list[bytes] = field(default_factory=list)

    def response(self) -> Response:
        headers = {name.lower(): value for name, value in self.http.headers.items()}
        return Response(self.http.status, headers, b"".join(self.pieces))


class Line:
    """Carries out the steps of one operation, or of one after the other."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._open: _Answer | None = None

    async def perform(self, step: Step) -> Outcome:
        if isinstance(step, Attempt):
            return await self._attempt(step)
        if isinstance(step, Listen):
            return await self._listen(step.seconds)
        assert isinstance(step, Pause)
        await asyncio.sleep(step.seconds)
        return None

    def close(self) -> None:
        """Give up the long poll that is open, if there is one."""
        if self._open is not None:
            self._open.http.close()
            self._open = None

    async def _attempt(self, attempt: Attempt) -> Response | Failure | Open:
        try:
            answer = _Answer(await self._sessions.send(attempt))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Failure(_text(error), sent=False)
        except (aiohttp.ClientError, OSError) as error:
            return Failure(_text(error), sent=True)
        if attempt.request.hold is not None:
            self.close()
            self._open = answer
            return await self._listen(attempt.request.hold)
        timeout = self._sessions.timeout if attempt.timeout is None else attempt.timeout
        outcome = await _read_for(answer, timeout)
        if outcome is None:
            answer.http.close()
            return Failure("timed out", sent=True)
        return outcome

    async def _listen(self, seconds: float) -> Response | Failure | Open:
        answer = self._open
        if answer is None:
            return Failure("nothing is open", sent=True)
        outcome = await _read_for(answer, seconds)
        if outcome is None:
            return Open(answer.response())
        self._open = None
        return outcome


async def _read_for(answer: _Answer, seconds: float) -> Response | Failure | None:
    """The rest of an answer, None if its end does not come in time."""
    try:
        async with asyncio.timeout(seconds):
            while piece := await answer.http.content.readany():
                answer.pieces.append(piece)
    except TimeoutError:
        return None
    except (aiohttp.ClientError, OSError) as error:
        answer.http.close()
        return Failure(_text(error), sent=True)
    except BaseException:
        answer.http.close()
        raise
    answer.http.release()
    return answer.response()


async def run(operation: Operation[T], line: Line) -> T:
    """Drive an operation to its end."""
    try:
        step = next(operation)
        while True:
            step = operation.send(await line.perform(step))
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        operation.close()


async def _notice_closed_connections() -> None:
    """Let the loop read what has arrived, so that no write goes out on a connection that the
    server has closed: it would be lost, and its outcome unknown."""
    await asyncio.sleep(0)  # polls
    await asyncio.sleep(0)  # calls those that have something to read


def _socket(address: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    with contextlib.suppress(OSError):
        for option in KEEPALIVE:
            made.setsockopt(*option)
    return made


def _text(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    if isinstance(error, OSError):
        return _reason(error)
    return str(error) or type(error).__name__


def _reason(error: OSError) -> str:
    """What the system says: asyncio and aiohttp put addresses around it, or in its place."""
    if isinstance(error, ConnectionResetError):
        return os.strerror(errno.ECONNRESET)
    if error.errno and not isinstance(error, ssl.SSLError | socket.gaierror):
        return os.strerror(error.errno)
    return error.strerror or str(error) or type(error).__name__
