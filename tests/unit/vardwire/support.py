"""A client's end of a session, and answers as tuples."""

from __future__ import annotations

from tests.unit.api.support import Line
from vard_http.vardwire.clients import VardClients
from vard_http.vardwire.codec import Frames
from vard_http.vardwire.session import Session

ALICE = b"0aac4d743ccc4473a2e04f4072734722"
BOB = b"0f5f33f091094d5db68a72e9f4cf9b14"


def framed(*texts: bytes) -> bytes:
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)


class Caller:
    """A connection of a vard client, without a socket."""

    def __init__(self, clients: VardClients, name: bytes | None = ALICE) -> None:
        self.line = Line()
        self.session: Session = clients.make_session()
        self._frames = Frames()
        self.session.connection_made(self.line)
        if name is not None:
            self.send(name)

    def send(self, *texts: bytes) -> None:
        self.session.data_received(framed(*texts))

    def heard(self) -> list[bytes]:
        """The answers since the last look."""
        self._frames.feed(self.line.take())
        texts = []
        while (text := self._frames.take()) is not None:
            texts.append(text)
        return texts

    def hang_up(self) -> None:
        self.session.connection_lost(None)
