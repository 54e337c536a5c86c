"""Making a backup file, of a node at work or of a stopped member."""

from __future__ import annotations

import http.client
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from vard_http.storage.files import fsync_directory
from vard_http.store import dump
from vard_http.transfer.archive import ArchiveReader, Head, write_archive
from vard_http.transfer.content import read_member
from vard_http.transfer.errors import TransferError
from vard_http.transfer.http_client import Endpoint, lost

_BLOCK: Final = 1 << 16

Progress = Callable[[int], None]
"""Told how many bytes there are so far."""


def back_up_node(endpoint: Endpoint, path: Path, progress: Progress) -> Head:
    """Have a node at work send all it holds. Raises TransferError, OSError."""
    with closing(endpoint.connect()) as connection:
        return write_whole(path, _received(endpoint, connection), progress)


def back_up_member(data_dir: Path, path: Path, progress: Progress) -> Head:
    """Back up the data directory of a stopped member.

    Raises StorageError, TransferError, OSError.
    """
    content = read_member(data_dir)
    return write_whole(path, write_archive(content.head, dump(content.store)), progress)


def write_whole(path: Path, parts: Iterable[bytes], progress: Progress) -> Head:
    """Put a backup file in place once it is whole and durable; returns its head.

    Nobody but its owner may read it. Raises TransferError if `parts` are not a whole one.
    """
    handle, name = tempfile.mkstemp(".partial", f".{path.name}.", path.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            size = 0
            for part in parts:
                file.write(part)
                size += len(part)
                progress(size)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            reader = ArchiveReader(file, "what was received")
            reader.check()
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    fsync_directory(path.parent)
    return reader.head


def _received(endpoint: Endpoint, connection: http.client.HTTPConnection) -> Iterator[bytes]:
    try:
        connection.request("GET", "/vard/backup", headers=dict(endpoint.headers))
        response = connection.getresponse()
        if response.status != http.client.OK:
            raise _refusal(endpoint, response.status, response.read())
        while data := response.read(_BLOCK):
            yield data
    except (OSError, http.client.HTTPException) as error:
        raise lost(endpoint, error) from error


def _refusal(endpoint: Endpoint, status: int, body: bytes) -> TransferError:
    try:
        reason = msgspec.json.decode(body, type=dict[str, str])["message"]
    except (msgspec.MsgspecError, KeyError):
        reason = body.decode(errors="replace").strip()
    match status:
        case 401:
            advice = "; auth is on: give --user of a user with role root"
        case 404:
            advice = "; is that the client URL of vard-http?"
        case _:
            advice = ""
    return TransferError(f"{endpoint.url} answers {status}: {reason}{advice}")
