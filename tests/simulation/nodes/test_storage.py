"""The simulated storage answers and refuses as the real one does, and leaves the same behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.simulation.nodes.disk import Disk, Image
from tests.simulation.nodes.storage import SimulatedStorage
from vard_http.raft import NORMAL, Configuration, Entry, HardState, SnapshotMeta
from vard_http.storage import (
    Identity,
    Recovered,
    SnapshotWriter,
    Storage,
    StorageFailed,
    open_storage,
)

IDENTITY = Identity(1, 2, "n")
VOTERS = Configuration((1, 2, 3))
STEPS = 120


class Quiet:
    """Hardware and watcher that let everything pass, unless the disk no longer `works`."""

    write_seconds = 0.0
    works = True

    def writing(self) -> bool:
        return self.works

    def written(self) -> None: ...
    def synced(self) -> None: ...
    def noting(self, what: str) -> None: ...
    def appending(self, entries: Sequence[Entry], hard_state: HardState | None) -> None: ...
    def appended(self, entries: Sequence[Entry], hard_state: HardState | None) -> None: ...


def simulated(disk: Disk, hardware: Quiet | None = None) -> SimulatedStorage:
    hardware = hardware or Quiet()
    return SimulatedStorage(disk, IDENTITY, hardware, hardware)


class Pair:
    """Does to both storages what it is told to, and compares."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.disk = Disk()
        self.open()
        self.writers: tuple[SnapshotWriter, ...] | None = None

    def open(self) -> None:
        self.both: tuple[Storage, ...] = (
            open_storage(self.directory, IDENTITY),
            simulated(self.disk),
        )
        self.compare()

    def restart(self) -> None:
        for storage in self.both:
            storage.close()
        self.writers = None
        self.open()

    def do(self, act: Callable[[Storage], object]) -> object:
        """The outcome, which must be the same: a value, or the refusal."""
        real, made = [outcome(partial(act, one)) for one in self.both]
        assert real == made
        return real

    def begin(self, meta: SnapshotMeta) -> None:
        begun = [outcome(partial(one.begin_snapshot, meta)) for one in self.both]
        writers = tuple(one for one in begun if isinstance(one, SnapshotWriter))
        assert len(writers) in (0, 2)
        self.writers = writers if len(writers) == 2 else self.writers

    def write(self, act: Callable[[SnapshotWriter], object]) -> None:
        if self.writers is not None:
            real, made = [outcome(partial(act, one)) for one in self.writers]
            assert real == made

    def compare(self) -> Recovered:
        real, made = (storage.recover() for storage in self.both)
        assert real.hard_state == made.hard_state
        assert real.snapshot == made.snapshot
        # The real log drops whole batches, and may keep more of what a snapshot covers.
        assert real.entries[len(real.entries) - len(made.entries) :] == made.entries
        covered = 0 if real.snapshot is None else real.snapshot.index
        extra = real.entries[: len(real.entries) - len(made.entries)]
        assert all(entry.index <= covered for entry in extra)
        return made


def outcome(act: Callable[[], object]) -> object:
    try:
        return act()
    except ValueError:
        return ValueError


def entries(first: int, count: int, term: int) -> list[Entry]:
    return [Entry(index, term, NORMAL, b"%d" % index) for index in range(first, first + count)]


@pytest.mark.parametrize("seed", range(12))
def test_any_sequence_of_operations_comes_to_the_same(seed: int, tmp_path: Path) -> None:
    chance, pair = Random(seed), Pair(tmp_path / "data")
    refused = 0
    for _ in range(STEPS):
        refused += operate(chance, pair) is ValueError
    pair.restart()
    assert refused < STEPS / 2
    for storage in pair.both:
        storage.close()


def operate(chance: Random, pair: Pair) -> object:
    """One operation, mostly one that makes sense."""
    now = pair.compare()
    last = now.entries[-1].index if now.entries else now.snapshot.index if now.snapshot else 0
    term, covered = now.hard_state.term, 0 if now.snapshot is None else now.snapshot.index
    name = chance.choice(["append"] * 5 + ["snapshot", "chunk", "receive", "drop", "restart"])
    if name == "append":
        first = max(1, last + 1 - chance.choice((0, 0, 0, 2, -1)))
        new = entries(first, chance.randrange(4), term + chance.randrange(2))
        commit = min(last, now.hard_state.commit + chance.randrange(3))
        state = HardState(term + chance.randrange(2), chance.randrange(3), commit)
        return pair.do(lambda one: one.append(new, chance_of(state, seed=first + commit)))
    if name == "snapshot":
        pair.begin(SnapshotMeta(covered + chance.randrange(4), term, VOTERS))
    elif name == "chunk":
        data = chance.randbytes(10)
        pair.write(lambda writer: writer.write(data))
        if chance.random() < 0.5:
            pair.write(lambda writer: writer.commit())
            pair.writers = None
    elif name == "receive":
        meta = SnapshotMeta(last + chance.randrange(-1, 3), term, VOTERS)
        pair.do(lambda one: one.receive_chunk(meta, 0, b"first"))
        number = chance.choice((1, 1, 2))
        pair.do(lambda one: one.receive_chunk(meta, number, b"second"))
        state = HardState(term, 0, max(meta.index, 0))
        return pair.do(lambda one: one.install_snapshot(meta, state))
    elif name == "drop":
        pair.do(lambda one: one.snapshot_chunk_count(covered))
        pair.do(lambda one: one.snapshot_chunk(covered, 0))
        for storage in pair.both:
            while outcome(partial(storage.compact, covered - 2)) is True:
                pass
            while storage.release_snapshots():
                pass
    else:
        pair.restart()
    return None


def chance_of(state: HardState, seed: int) -> HardState | None:
    return state if seed % 3 else None


def test_it_has_all_that_the_real_one_has() -> None:
    public = {name for name in vars(Storage) if not name.startswith("_")}
    assert public <= vars(SimulatedStorage).keys()


def test_a_failed_write_is_the_last(tmp_path: Path) -> None:
    hardware, disk = Quiet(), Disk()
    storage = simulated(disk, hardware)
    hardware.works = False
    with pytest.raises(StorageFailed):
        storage.append(entries(1, 1, 1), HardState(1, 0, 0))
    hardware.works = True
    with pytest.raises(StorageFailed):
        storage.append(entries(1, 1, 1), HardState(1, 0, 0))
    assert disk.image.entries == []


def test_a_power_cut_keeps_what_was_synced_and_a_prefix_of_the_rest() -> None:
    def adding(name: str) -> Callable[[Image], None]:
        return lambda image: image.entries.append(Entry(0, 0, NORMAL, name.encode()))

    left = set()
    for seed in range(20):
        disk = Disk()
        disk.write(adding("synced"))
        disk.sync()
        for name in ("a", "b"):
            disk.write(adding(name))
        kept, lost = disk.cut_power(Random(seed))
        assert kept + lost == 2
        left.add(tuple(entry.data for entry in disk.image.entries))
    assert left == {(b"synced",), (b"synced", b"a"), (b"synced", b"a", b"b")}
