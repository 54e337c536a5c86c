"""Data directories of etcd that are not what etcd wrote."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from tests.fuzz.mutations import Edit, edited, edits, mutated
from tests.fuzz.target import Target
from tests.unit.transfer.support import unpack
from tests.unit.transfer.test_requests import put
from tests.unit.transfer.test_wal import Writer, message
from vard_http.store import Store, digest
from vard_http.transfer.errors import TransferError
from vard_http.transfer.etcd.crc32c import crc32c
from vard_http.transfer.etcd.directory import read_data_directory
from vard_http.transfer.etcd.protobuf import Message, ProtobufError
from vard_http.transfer.etcd.requests import Replay
from vard_http.transfer.etcd.snapshot import restore_snapshot
from vard_http.transfer.etcd.wal import Entry, Position, read_wal, wal_files

_ROOT = Path(tempfile.mkdtemp(prefix="vard-http-fuzz-"))
atexit.register(shutil.rmtree, _ROOT, ignore_errors=True)


def _recorded() -> dict[str, bytes]:
    """The files of a recorded directory by their paths; of a log's last one what was written."""
    unpack("single", _ROOT / "recorded")
    (top,) = (path.parents[1] for path in (_ROOT / "recorded").rglob("member/wal"))
    found = sorted(path for path in top.rglob("*") if path.suffix in (".wal", ".snap"))
    return {
        str(path.relative_to(top)): path.read_bytes().rstrip(b"\0") + bytes(16)
        if path.suffix == ".wal"
        else path.read_bytes()
        for path in found
    }


_FILES = _recorded()


def _digest_of(files: dict[str, bytes]) -> str:
    """Of the store in a directory of these files. Raises TransferError."""
    directory = _ROOT / "case"
    shutil.rmtree(directory, ignore_errors=True)
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return digest(read_data_directory(directory).content.store)


_DIGEST = _digest_of(_FILES)


class Directory(NamedTuple):
    """Which of the files was altered, and how."""

    number: int
    changes: list[Edit]


def check_directory(altered: Directory) -> None:
    """Checksums notice every change, but for the end of the log, which a crash may cut."""
    name = sorted(_FILES)[altered.number % len(_FILES)]
    data = edited(_FILES[name], altered.changes)
    try:
        found = _digest_of(_FILES | {name: data})
    except TransferError:
        assert data != _FILES[name]
        return
    assert found == _DIGEST or name.endswith(".wal")


def _metadata(data: bytes) -> tuple[bytes, Position]:
    """The store's text in a snapshot file, and where it stands."""
    snapshot = Message(Message(data).data(2))
    metadata = Message(snapshot.data(2))
    return snapshot.data(1), Position(metadata.unsigned(2), metadata.unsigned(3))


_SNAPSHOT = next(data for name, data in _FILES.items() if name.endswith(".snap"))
_TEXT, _POSITION = _metadata(_SNAPSHOT)
_WORDS = (
    b"[" * 20_000,
    b'{"Children":' * 20_000,
    b"null",
    b"-1",
    b"9" * 30,
    b'"',
    b",",
    b"}",
    b"0001-01-01T00:00:00Z",
    b"9999-12-31T23:59:60Z",
    b"\\ud800",
    b"\xff",
)


def check_snapshot(text: bytes) -> None:
    """A text of any content, in a file whose checksums fit, is a store or refused."""
    position = message(f2=_POSITION.index, f3=_POSITION.term)
    inner = message(f1=text, f2=position)
    path = _ROOT / "any.snap"
    path.write_bytes(message(f1=crc32c(inner), f2=inner))
    with contextlib.suppress(TransferError):
        restore_snapshot(Store(), path, _POSITION)


_fields = st.dictionaries(
    st.sampled_from([f"f{number}" for number in (*range(1, 18), 100, 1300, 1301)]),
    st.integers(0, 2**64 - 1) | st.binary(max_size=8) | st.sampled_from((b"PUT", b"/1/a", b"QGET")),
    max_size=8,
)
_REQUESTS = st.one_of(
    mutated(st.builds(lambda fields: put(**fields), _fields)),
    mutated(st.builds(lambda fields: message(**fields), _fields)),
    mutated(st.just(message(f1=1, f2=0, f3=7, f4=b'{"peerURLs":["http://a:1"],"name":"a"}'))),
    st.builds(lambda data: message(f1=1, f2=data), mutated(st.just(put()))),
)


def check_log(entries: list[tuple[int, bytes]]) -> None:
    """A log whose checksums fit is read, and what its entries ask for is done or refused."""
    directory = _ROOT / "log"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    writer = Writer(directory)
    for index, (_, data) in enumerate(entries, 1):
        writer.entry(index, data=data)
    read = read_wal(wal_files(directory))
    assert [entry.data for entry in read.entries] == [data for _, data in entries]
    store = Store()
    with contextlib.suppress(TransferError):
        log = zip(read.entries, entries, strict=True)
        Replay(store).run([Entry(one.index, one.term, kind, one.data) for one, (kind, _) in log])
    digest(store)
    for entry in read.entries:
        with contextlib.suppress(ProtobufError):
            Message(entry.data)


TARGETS = (
    Target(
        "etcd-directory",
        st.builds(Directory, st.integers(0, 9), edits(most=2)),
        check_directory,
        100,
    ),
    Target("etcd-snapshot", mutated(st.just(_TEXT), _WORDS), check_snapshot, 200),
    Target(
        "etcd-log",
        st.lists(st.tuples(st.integers(0, 1), _REQUESTS), max_size=5),
        check_log,
        200,
    ),
)
