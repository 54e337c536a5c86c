"""docs/vard-protocol.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.store.support import NOW
from vard_http.store import ClientRequest, Operation, Store, apply
from vard_http.vardwire.codec import parse_client, parse_request, response

PAGE = (Path(__file__).parents[3] / "docs/vard-protocol.md").read_text()
FRAMES = re.findall(r"^    (client|server)  ((?:[0-9a-f]{2} ){4}) (.*)$", PAGE, re.MULTILINE)
ROWS = re.findall(r"^\| `(1 [A-Z]{3} .*?)` \| .* \| `(.*?)` \| `(.*?)` \|$", PAGE, re.MULTILINE)


def answer(store: Store, text: str) -> bytes:
    request = parse_request(text.encode())
    operation: Operation = request.operation
    client = b"c" * 16
    command = ClientRequest(
        NOW, client, request.number, operation, request.key, request.value, request.expected
    )
    apply(store, command)
    last = store.clients.last(client)
    assert last is not None
    return response(last.number, last.output)


def test_the_example_is_a_conversation() -> None:
    (_, length, client), *talk = FRAMES
    assert int.from_bytes(bytes.fromhex(length), "little") == len(client)
    assert parse_client(client.encode())
    store = Store()
    assert len(talk) == 4
    for (_, asked_length, asked), (_, told_length, told) in zip(talk[::2], talk[1::2], strict=True):
        assert bytes.fromhex(asked_length) == len(asked).to_bytes(4, "little")
        assert bytes.fromhex(told_length) + told.encode() == answer(store, asked)


@pytest.mark.parametrize(("asked", "with_x", "with_none"), ROWS)
def test_the_table_of_requests_is_right(asked: str, with_x: str, with_none: str) -> None:
    store = Store()
    store.set(b"/1/k", b"x", now=NOW)
    assert answer(store, asked)[4:].decode() == with_x
    assert answer(Store(), asked)[4:].decode() == with_none


def test_all_rows_of_the_table_are_tried() -> None:
    assert [asked.split()[1] for asked, *_ in ROWS] == ["GET", "PUT", "DEL", "CAS", "CAS", "CAD"]
