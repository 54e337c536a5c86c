"""What is read back from disks and logs: commands, batches of entries, dumps, backups.

The outer checksums would stop every mutation; so each is tried with sums that fit, too.
"""

from __future__ import annotations

import contextlib
from io import BytesIO
from typing import NamedTuple
from zlib import crc32

import msgspec
from hypothesis import strategies as st

from tests.fuzz.member import NOW
from tests.fuzz.mutations import Edit, edited, edits, mutated
from tests.fuzz.target import Target
from tests.unit.storage.builders import entries
from tests.unit.transfer.support import some_content
from vard_http.storage.codec import decode_configuration, decode_entries, encode_entries
from vard_http.store import (
    ClientRequest,
    CommandError,
    CompareAndDelete,
    CompareAndSwap,
    Create,
    Delete,
    DumpError,
    QuorumGet,
    Set,
    Store,
    StoreError,
    Sync,
    Update,
    apply,
    decode,
    digest,
    dump,
    encode,
    load,
)
from vard_http.transfer.archive import ArchiveReader, write_archive
from vard_http.transfer.errors import TransferError

_path = st.sampled_from((b"/1", b"/1/a", b"/1/a/b", b"/", b"/0/x", b"/1/keys/3", b"/1/\xff", b"a"))
_value = st.binary(max_size=5)
_time = st.sampled_from((0, 1, NOW, NOW + 1, -1, 2**63, -(2**63), 2**64 - 1))
_expiry = st.none() | _time
_index = st.integers(0, 70) | st.just(2**64 - 1)
_COMMANDS = st.one_of(
    st.builds(Set, _time, _path, _value, st.booleans(), _expiry, st.booleans()),
    st.builds(Create, _time, _path, _value, st.booleans(), st.booleans(), _expiry),
    st.builds(Update, _time, _path, _value, _expiry, st.booleans()),
    st.builds(CompareAndSwap, _time, _path, _value, st.none() | _value, _index, _expiry),
    st.builds(Delete, _time, _path, st.booleans(), st.booleans()),
    st.builds(CompareAndDelete, _time, _path, st.none() | _value, _index),
    st.builds(QuorumGet, _time, _path, st.booleans(), st.booleans()),
    st.builds(Sync, _time),
    st.builds(
        ClientRequest,
        _time,
        st.sampled_from((b"1" * 16, b"2" * 16)),
        _index,
        st.sampled_from(("get", "put", "del", "cas", "cad")),
        _path | _value,
        _value,
        st.none() | _value,
    ),
).map(encode)

_CONTENT = some_content()
_CHUNKS = tuple(dump(_CONTENT.store))
_DIGEST = digest(_CONTENT.store)
_BACKUP = b"".join(write_archive(_CONTENT.head, _CHUNKS))


def check_commands(log: list[bytes]) -> None:
    """Any decodable command can be applied and answered; any other changes nothing."""
    store = load(_CHUNKS)
    for data in log:
        before = digest(store)
        try:
            command = decode(data)
        except CommandError:
            assert digest(store) == before
            continue
        with contextlib.suppress(StoreError):
            event = apply(store, command)
            if event is not None:
                assert msgspec.json.decode(event.to_json())
    assert digest(load(dump(store))) == digest(store)


def check_rows(data: bytes) -> None:
    """Bytes of a column are entries or a configuration, or raise what is documented."""
    for read in (decode_entries, decode_configuration):
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            read(data)


class Altered(NamedTuple):
    """Which chunks of a dump are there, what was done to one of them, and whether its sum fits."""

    order: list[int]
    number: int
    changes: list[Edit]
    resealed: bool


def check_dump(altered: Altered) -> None:
    """A dump is loaded as it was written or refused; behind a sum that fits, at least in words."""
    chunks = list(_CHUNKS)
    at = altered.number % len(chunks)
    body = edited(chunks[at][4:], altered.changes)
    seal = crc32(body).to_bytes(4, "big") if altered.resealed else chunks[at][:4]
    chunks[at] = seal + body
    chunks = [chunks[number % len(chunks)] for number in altered.order] or chunks
    store = Store()
    before = digest(store)
    try:
        store.restore(chunks)
    except DumpError:
        assert digest(store) == before, "half a dump was loaded"
        return
    assert altered.resealed or digest(store) == _DIGEST
    store.get(b"/1", recursive=True, sorted=True, now=NOW).to_json()


def check_backup(data: bytes) -> None:
    """A backup is read as it was written, or refused."""
    try:
        reader = ArchiveReader(BytesIO(data), "file")
        chunks = list(reader.chunks())
    except TransferError:
        assert data != _BACKUP
        return
    assert data == _BACKUP
    assert tuple(chunks) == _CHUNKS


_ORDERS: st.SearchStrategy[list[int]] = st.just([]) | st.lists(st.integers(0, 9), max_size=6)

TARGETS = (
    Target("commands", st.lists(mutated(_COMMANDS, most=2), max_size=8), check_commands, 400),
    Target(
        "log-rows",
        mutated(st.just(encode_entries(entries(1, 5)))) | st.binary(max_size=60),
        check_rows,
        500,
    ),
    Target(
        "dump",
        st.builds(Altered, _ORDERS, st.integers(0, 9), edits(), st.booleans()),
        check_dump,
        500,
    ),
    Target("backup", mutated(st.just(_BACKUP)), check_backup, 300),
)
