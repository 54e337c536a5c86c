"""A backup file is read back as it was written, or refused."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from tests.unit.transfer.support import some_content
from vard_http.store import digest, dump
from vard_http.transfer.archive import MAGIC, ArchiveReader, Head, write_archive
from vard_http.transfer.backup import write_whole
from vard_http.transfer.content import read_backup
from vard_http.transfer.errors import TransferError

HEAD = Head(1, 2, 3, 4, 5)


def archive(*chunks: bytes, head: Head = HEAD) -> bytes:
    return b"".join(write_archive(head, chunks))


def check(data: bytes) -> None:
    ArchiveReader(BytesIO(data), "file").check()


def test_head_and_chunks_come_back() -> None:
    reader = ArchiveReader(BytesIO(archive(b"one", b"two")), "file")
    assert reader.head == HEAD
    assert list(reader.chunks()) == [b"one", b"two"]


def test_a_file_cut_short_anywhere_is_refused() -> None:
    data = archive(b"one", b"two")
    for length in range(len(data)):
        with pytest.raises(TransferError):
            check(data[:length])


def test_a_file_with_any_byte_altered_is_refused() -> None:
    data = archive(b"one", b"two")
    for position in range(len(data)):
        altered = bytearray(data)
        altered[position] ^= 0x40
        with pytest.raises(TransferError):
            check(bytes(altered))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (archive() + b"x", "something follows its end"),
        (b"no backup at all, but long enough", "is not a backup"),
        (b"", "ends too early"),
        (MAGIC + b"\xff\xff\xff\xff", "a part of 4294967295 bytes"),
        (archive(head=Head(9, 2, 3, 4, 5)), "is of version 9"),
    ],
)
def test_the_reason_is_told(data: bytes, reason: str) -> None:
    with pytest.raises(TransferError, match=reason):
        check(data)


def test_a_store_comes_back_from_its_backup(tmp_path: Path) -> None:
    content = some_content()
    path = tmp_path / "backup"
    head = write_whole(path, write_archive(content.head, dump(content.store)), lambda _: None)
    read = read_backup(path)
    assert head == read.head == content.head
    assert digest(read.store) == digest(content.store)
    assert list(read.store.history.since(0)) == list(content.store.history.since(0))


def test_only_its_owner_may_read_a_backup(tmp_path: Path) -> None:
    write_whole(tmp_path / "backup", [archive()], lambda _: None)
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600


def test_what_is_not_whole_leaves_the_file_before_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    write_whole(path, [archive(b"old")], lambda _: None)
    with pytest.raises(TransferError):
        write_whole(path, [archive(b"new")[:-1]], lambda _: None)
    assert path.read_bytes() == archive(b"old")
    assert list(tmp_path.iterdir()) == [path]


def test_a_dump_under_the_head_of_another_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    path.write_bytes(b"".join(write_archive(HEAD, dump(some_content().store))))
    with pytest.raises(TransferError, match="its head belongs to another dump"):
        read_backup(path)


def test_chunks_that_are_no_dump_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    path.write_bytes(archive(b"one"))
    with pytest.raises(TransferError, match="is damaged: chunk 0"):
        read_backup(path)
