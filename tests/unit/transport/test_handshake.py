"""What two ends of a peer connection make of each other's first words."""

from __future__ import annotations

import pytest

from vard_http.transport.handshake import (
    Handshake,
    HandshakeRefused,
    parse_answer,
    parse_request,
    request,
)


def test_a_handshake_is_understood_as_it_was_meant() -> None:
    said = Handshake(2**64 - 1, 1, 2**63, ("http://a:1", "http://b:2"))
    assert parse_request(request(said, "host:1")) == said


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"", 400),
        (b"HTTP/1.1\r\n\r\n", 400),
        (b"HTTP/1.1 \xb2\xb2\xb2 x\r\n\r\n", 400),
        (b"HTTP/1.1 410 Gone\r\n\r\nremoved\n", 410),
        (b"HTTP/1.1 101 x\r\nUpgrade: other\r\n\r\n", 101),
        (b"HTTP/1.1 " + b"1" * 5000 + b" x\r\n\r\n", 400),
    ],
)
def test_any_other_answer_is_a_refusal(answer: bytes, status: int) -> None:
    with pytest.raises(HandshakeRefused) as refused:
        parse_answer(answer)
    assert refused.value.status == status
