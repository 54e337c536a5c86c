"""etcd's log is read to where it was last written whole, and no damage goes unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from vard_http.transfer.errors import TransferError
from vard_http.transfer.etcd.crc32c import crc32c
from vard_http.transfer.etcd.protobuf import Message, ProtobufError
from vard_http.transfer.etcd.wal import Entry, Position, entries_after, read_wal, wal_files

METADATA, ENTRY, STATE, CRC, SNAPSHOT = range(1, 6)


def varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def message(**fields: int | bytes) -> bytes:
    """A message of fields named `f1`, `f2`, …"""
    encoded = b""
    for name, value in fields.items():
        number = int(name[1:])
        if isinstance(value, int):
            encoded += varint(number << 3) + varint(value)
        else:
            encoded += varint(number << 3 | 2) + varint(len(value)) + value
    return encoded


class Writer:
    """Writes logs as etcd does."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.crc = 0
        self.path = directory
        self.cut(0, 0)
        self.write(METADATA, message(f1=7, f2=8))
        self.write(SNAPSHOT, b"")

    def cut(self, sequence: int, index: int) -> None:
        """Begin the next file."""
        self.path = self.directory / f"{sequence:016x}-{index:016x}.wal"
        self.path.touch()
        self._frame(message(f1=CRC, f2=self.crc))

    def write(self, kind: int, data: bytes) -> None:
        self.crc = crc32c(data, self.crc)
        self._frame(message(f1=kind, f2=self.crc, f3=data))

    def entry(self, index: int, term: int = 1, data: bytes = b"x") -> None:
        self.write(ENTRY, message(f1=0, f2=term, f3=index, f4=data))

    def _frame(self, record: bytes) -> None:
        padding = -len(record) % 8
        length = len(record) | ((0x80 | padding) << 56 if padding else 0)
        with self.path.open("ab") as file:
            file.write(length.to_bytes(8, "little") + record + bytes(padding))


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


def indexes(directory: Path) -> list[int]:
    return [entry.index for entry in read_wal(wal_files(directory)).entries]


def test_the_checksum_is_castagnolis() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"6789", crc32c(b"12345")) == 0xE3069283


def test_everything_written_is_read(writer: Writer) -> None:
    writer.entry(1)
    writer.write(STATE, message(f1=3, f2=7, f3=1))
    writer.write(SNAPSHOT, message(f1=1, f2=3))
    writer.cut(1, 2)
    writer.write(METADATA, message(f1=7, f2=8))
    writer.entry(2, term=3, data=b"data")
    wal = read_wal(wal_files(writer.directory))
    assert (wal.node_id, wal.cluster_id, wal.term, wal.commit) == (7, 8, 3, 1)
    assert wal.snapshots == {Position(0, 0), Position(1, 3)}
    assert wal.entries == [Entry(1, 1, 0, b"x"), Entry(2, 3, 0, b"data")]


def test_reserved_space_ends_the_log(writer: Writer) -> None:
    writer.entry(1)
    with writer.path.open("ab") as file:
        file.write(bytes(4096))
    assert indexes(writer.directory) == [1]


def test_a_last_record_cut_short_is_left_out(writer: Writer) -> None:
    writer.entry(1)
    whole = writer.path.read_bytes()
    writer.entry(2)
    longer = writer.path.read_bytes()
    for length in range(len(whole), len(longer)):
        writer.path.write_bytes(longer[:length])
        assert indexes(writer.directory) == [1]


def test_a_last_record_with_an_unwritten_sector_is_left_out(writer: Writer) -> None:
    writer.entry(1)
    before = writer.path.stat().st_size
    writer.entry(2, data=b"y" * 2000)
    content = bytearray(writer.path.read_bytes())
    sector = before - before % 512 + 1024
    content[sector : sector + 512] = bytes(512)
    writer.path.write_bytes(content)
    assert indexes(writer.directory) == [1]


def test_an_altered_record_is_refused(writer: Writer) -> None:
    writer.entry(1, data=b"y" * 20)
    content = writer.path.read_bytes()
    writer.path.write_bytes(content.replace(b"yyyy", b"yyzy", 1))
    with pytest.raises(TransferError, match="its checksum is wrong"):
        read_wal(wal_files(writer.directory))


def test_only_the_last_file_may_end_within_a_record(writer: Writer) -> None:
    writer.entry(1)
    writer.path.write_bytes(writer.path.read_bytes()[:-3])
    writer.cut(1, 2)
    with pytest.raises(TransferError, match="ends within a record"):
        read_wal(wal_files(writer.directory))


def test_a_file_must_continue_the_one_before_it(writer: Writer) -> None:
    writer.entry(1)
    writer.crc ^= 1
    writer.cut(1, 2)
    with pytest.raises(TransferError, match="does not continue the file before it"):
        read_wal(wal_files(writer.directory))


def test_a_missing_file_is_refused(writer: Writer) -> None:
    writer.cut(2, 2)
    with pytest.raises(TransferError, match=r"lacks a \.wal file"):
        wal_files(writer.directory)


@pytest.mark.parametrize(
    ("kind", "data", "reason"),
    [
        (METADATA, message(f1=7, f2=9), "belongs to two members"),
        (6, b"", "unknown type 6"),
        (ENTRY, b"\xff", "a number is cut off"),
    ],
)
def test_records_that_no_etcd_writes_are_refused(
    writer: Writer, kind: int, data: bytes, reason: str
) -> None:
    writer.write(kind, data)
    with pytest.raises(TransferError, match=reason):
        read_wal(wal_files(writer.directory))


def log(*positions: tuple[int, int]) -> list[Entry]:
    return [Entry(index, term, 0, b"") for index, term in positions]


@pytest.mark.parametrize(
    ("written", "start", "expected"),
    [
        (log((1, 1), (2, 1)), 0, log((1, 1), (2, 1))),
        (log((1, 1), (2, 1), (3, 1), (2, 2)), 0, log((1, 1), (2, 2))),
        (log((1, 1), (2, 1), (3, 1)), 2, log((3, 1))),
        (log((1, 1), (9, 2)), 8, log((9, 2))),
        (log((1, 1)), 8, []),
    ],
)
def test_a_later_entry_replaces_all_from_its_index_on(
    written: list[Entry], start: int, expected: list[Entry]
) -> None:
    assert entries_after(written, start) == expected


def test_a_gap_in_the_log_is_refused() -> None:
    with pytest.raises(TransferError, match="lacks entry 2"):
        entries_after(log((1, 1), (3, 1)), 0)


@pytest.mark.parametrize(
    "data",
    [b"\x08", b"\x0a\x05ab", b"\x0b", b"\x00\x00", b"\x09\x00", b"\x08" + b"\xff" * 11],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(ProtobufError):
        Message(data)


def test_fields_are_read_by_their_numbers() -> None:
    read = Message(message(f1=1 << 63, f2=b"a", f100=5) + message(f2=b"b") + b"\x1d\1\0\0\0")
    assert (read.unsigned(1), read.signed(1), read.unsigned(100)) == (1 << 63, -(1 << 63), 5)
    assert (read.data(2), read.all(2), read.data(9), read.unsigned(9)) == (
        b"b",
        [b"a", b"b"],
        b"",
        0,
    )
    with pytest.raises(ProtobufError):
        read.unsigned(2)
    with pytest.raises(ProtobufError):
        read.data(1)
