"""Errors of the key space: codes, HTTP statuses and bodies (contract 7.1)."""

from __future__ import annotations

from typing import Final

from vard_http.store.encoding import json_string, public_path

KEY_NOT_FOUND: Final = 100
COMPARE_FAILED: Final = 101
NOT_A_FILE: Final = 102
NOT_A_DIRECTORY: Final = 104
KEY_EXISTS: Final = 105
ROOT_READ_ONLY: Final = 107
DIRECTORY_NOT_EMPTY: Final = 108
UNAUTHORIZED: Final = 110
PREV_VALUE_REQUIRED: Final = 201
TTL_NOT_A_NUMBER: Final = 202
INDEX_NOT_A_NUMBER: Final = 203
INVALID_FIELD: Final = 209
INVALID_FORM: Final = 210
REFRESH_VALUE: Final = 211
REFRESH_TTL_REQUIRED: Final = 212
RAFT_INTERNAL: Final = 300
EVENT_INDEX_CLEARED: Final = 401

_MESSAGES: Final[dict[int, str]] = {
    KEY_NOT_FOUND: "Key not found",
    COMPARE_FAILED: "Compare failed",
    NOT_A_FILE: "Not a file",
    103: "Reached the max number of peers in the cluster",
    NOT_A_DIRECTORY: "Not a directory",
    KEY_EXISTS: "Key already exists",
    106: "The prefix of given key is a keyword in etcd",
    ROOT_READ_ONLY: "Root is read only",
    DIRECTORY_NOT_EMPTY: "Directory not empty",
    109: "Peer address has existed",
    UNAUTHORIZED: "The request requires user authentication",
    200: "Value is Required in POST form",
    PREV_VALUE_REQUIRED: "PrevValue is Required in POST form",
    TTL_NOT_A_NUMBER: "The given TTL in POST form is not a number",
    INDEX_NOT_A_NUMBER: "The given index in POST form is not a number",
    204: "Value or TTL is required in POST form",
    205: "The given timeout in POST form is not a number",
    206: "Name is required in POST form",
    207: "Index or value is required",
    208: "Index and value cannot both be specified",
    INVALID_FIELD: "Invalid field",
    INVALID_FORM: "Invalid POST form",
    REFRESH_VALUE: "Value provided on refresh",
    REFRESH_TTL_REQUIRED: "A TTL must be provided on refresh",
    RAFT_INTERNAL: "Raft Internal Error",
    301: "During Leader Election",
    400: "watcher is cleared due to etcd recovery",
    EVENT_INDEX_CLEARED: "The event in requested index is outdated and cleared",
    402: "Standby Internal Error",
    403: "Invalid active size",
    404: "Standby remove delay",
    500: "Client Internal Error",
}

_STATUSES: Final[dict[int, int]] = {
    KEY_NOT_FOUND: 404,
    COMPARE_FAILED: 412,
    NOT_A_FILE: 403,
    KEY_EXISTS: 412,
    DIRECTORY_NOT_EMPTY: 403,
    UNAUTHORIZED: 401,
    RAFT_INTERNAL: 500,
    301: 500,
}


class StoreError(Exception):
    """A refusal with an etcd error code.

    `cause` is raw bytes with the store's own path in it (`/1/foo`); the body shows the user's
    (`/foo`). `index` is the etcd index at that moment, 0 for errors found before the store.
    """

    def __init__(self, code: int, cause: bytes = b"", index: int = 0) -> None:
        super().__init__(code, cause, index)
        self.code = code
        self.cause = cause
        self.index = index

    def __str__(self) -> str:
        return f"{self.code}: {self.message} ({self.cause!r}) [{self.index}]"

    @property
    def message(self) -> str:
        """The fixed text of the code."""
        return _MESSAGES[self.code]

    @property
    def status(self) -> int:
        """The HTTP status: 400 for codes without one of their own."""
        return _STATUSES.get(self.code, 400)

    def to_json(self) -> bytes:
        """The exact body, newline included; an empty cause is left out."""
        public = public_path(self.cause)
        cause = b'"cause":%b,' % json_string(public) if public else b""
        message = self.message.encode()
        return b'{"errorCode":%d,"message":"%b",%b"index":%d}\n' % (
            self.code,
            message,
            cause,
            self.index,
        )
