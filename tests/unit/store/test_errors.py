"""Bodies and statuses of errors (contract 7.1)."""

from __future__ import annotations

import pytest

from vard_http.store import StoreError

TABLE = [
    (100, 404, "Key not found"),
    (101, 412, "Compare failed"),
    (102, 403, "Not a file"),
    (104, 400, "Not a directory"),
    (105, 412, "Key already exists"),
    (107, 400, "Root is read only"),
    (108, 403, "Directory not empty"),
    (110, 401, "The request requires user authentication"),
    (201, 400, "PrevValue is Required in POST form"),
    (202, 400, "The given TTL in POST form is not a number"),
    (203, 400, "The given index in POST form is not a number"),
    (209, 400, "Invalid field"),
    (210, 400, "Invalid POST form"),
    (211, 400, "Value provided on refresh"),
    (212, 400, "A TTL must be provided on refresh"),
    (300, 500, "Raft Internal Error"),
    (301, 500, "During Leader Election"),
    (400, 400, "watcher is cleared due to etcd recovery"),
    (401, 400, "The event in requested index is outdated and cleared"),
]


@pytest.mark.parametrize(("code", "status", "message"), TABLE)
def test_every_code_has_its_status_and_message(code: int, status: int, message: str) -> None:
    error = StoreError(code, b"c")
    assert (error.status, error.message) == (status, message)


BODIES = [
    (
        StoreError(100, b"/1/foo", 7),
        b'{"errorCode":100,"message":"Key not found","cause":"/foo","index":7}\n',
    ),
    (
        StoreError(107, b"/", 7),
        b'{"errorCode":107,"message":"Root is read only","cause":"/","index":7}\n',
    ),
    (
        StoreError(102, b"/1", 16),
        b'{"errorCode":102,"message":"Not a file","index":16}\n',
    ),
    (
        StoreError(101, b"[<a> != \xff]", 3),
        b'{"errorCode":101,"message":"Compare failed","cause":"[\\u003ca\\u003e != \\ufffd]",'
        b'"index":3}\n',
    ),
    (
        StoreError(202, b'invalid value for "ttl"'),
        b'{"errorCode":202,"message":"The given TTL in POST form is not a number",'
        b'"cause":"invalid value for \\"ttl\\"","index":0}\n',
    ),
]


@pytest.mark.parametrize(("error", "body"), BODIES)
def test_body(error: StoreError, body: bytes) -> None:
    assert error.to_json() == body
