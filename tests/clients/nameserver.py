"""A name server on loopback that knows a few records."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Records = Mapping[str, tuple[str, str]]
"""Type and text of one record by its name, such as `("SRV", "1 1 2379 localhost.")`."""


@contextmanager
def name_server(records: Records, address: tuple[str, int] = ("127.0.0.1", 0)) -> Iterator[int]:
    """Answers at that address for the length of a `with` block, which gets the UDP port."""

    class Handler(socketserver.DatagramRequestHandler):
        def handle(self) -> None:
            self.wfile.write(_answer(self.rfile.read(), records))

    with socketserver.UDPServer(address, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def _answer(query: bytes, records: Records) -> bytes:
    asked = dns.message.from_wire(query)
    answer = dns.message.make_response(asked)
    answer.flags |= dns.flags.RA
    (question,) = asked.question
    kind, text = records.get(str(question.name), (None, ""))
    if kind is None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif kind == dns.rdatatype.to_text(question.rdtype):
        answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, text))
    return answer.to_wire()
