"""The replicated log in memory, from the end of the last compaction on."""

from __future__ import annotations

from collections.abc import Sequence

from vard_http.raft.configuration import decode_data
from vard_http.raft.messages import CONFIGURATION, Configuration, Entry, SnapshotMeta


class Log:
    """Entries `offset + 1 .. last_index`; everything up to `offset` is only in a snapshot.

    The configuration in force is that of the latest CONFIGURATION entry, committed or not
    (thesis 4.1).
    """

    __slots__ = ("_configurations", "_entries", "offset", "offset_term", "unstable_from")

    def __init__(self, snapshot: SnapshotMeta, entries: Sequence[Entry] = ()) -> None:
        """A log whose `entries` are durable; they may begin before the snapshot's end."""
        self._reset(snapshot)
        if entries and entries[0].index <= snapshot.index:
            # The entry at the snapshot's end stays as the anchor; what lies before it was kept only
            # for followers that are a little behind, and its first term is not known any more.
            self.offset = entries[0].index
            self.offset_term = entries[0].term
            entries = entries[1:]
        self.append(entries)
        self.unstable_from = self.last_index + 1

    def _reset(self, snapshot: SnapshotMeta) -> None:
        self.offset = snapshot.index
        self.offset_term = snapshot.term
        self.unstable_from = snapshot.index + 1
        self._entries: list[Entry] = []
        self._configurations: list[tuple[int, Configuration]] = [
            (snapshot.index, snapshot.configuration)
        ]

    @property
    def last_index(self) -> int:
        return self.offset + len(self._entries)

    @property
    def last_term(self) -> int:
        return self._entries[-1].term if self._entries else self.offset_term

    @property
    def durable_index(self) -> int:
        """Where the durable part ends."""
        return self.unstable_from - 1

    @property
    def configuration(self) -> Configuration:
        return self._configurations[-1][1]

    @property
    def configuration_index(self) -> int:
        """Where the configuration in force stands in the log."""
        return self._configurations[-1][0]

    def configuration_at(self, index: int) -> Configuration:
        """The configuration that was in force when the log ended at `index`."""
        return next(c for i, c in reversed(self._configurations) if i <= index)

    def term_at(self, index: int) -> int | None:
        """The term of the entry at `index`; None if it is compacted or not there yet."""
        position = index - self.offset
        if position == 0:
            return self.offset_term
        if 0 < position <= len(self._entries):
            return self._entries[position - 1].term
        return None

    def is_up_to_date(self, last_index: int, last_term: int) -> bool:
        """Whether a log ending so is as complete as this one (Raft.v `moreUpToDate`)."""
        return (last_term, last_index) >= (self.last_term, self.last_index)

    def slice(self, start: int, stop: int, max_bytes: int | None = None) -> list[Entry]:
        """Entries `start .. stop - 1`, cut after `max_bytes` of data but never empty for that."""
        entries = self._entries[start - self.offset - 1 : stop - self.offset - 1]
        if max_bytes is not None:
            size = 0
            for count, entry in enumerate(entries):
                size += len(entry.data)
                if size > max_bytes and count:
                    return entries[:count]
        return entries

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries that follow on the last one."""
        self._entries.extend(entries)
        for entry in entries:
            if entry.kind == CONFIGURATION and entry.index > self._configurations[-1][0]:
                configuration = decode_data(entry.data).configuration
                self._configurations.append((entry.index, configuration))

    def merge(self, entries: Sequence[Entry]) -> None:
        """Add a leader's entries, cutting off what conflicts with them and nothing else.

        Entries already there with the same term stay (Raft.v `haveNewEntries`, thesis 3.5), so that
        an old message that arrives late removes nothing.
        """
        for position, entry in enumerate(entries):
            term = self.term_at(entry.index)
            if term != entry.term:
                if term is not None:
                    self._truncate(entry.index)
                self.append(entries[position:])
                return

    def _truncate(self, index: int) -> None:
        del self._entries[index - self.offset - 1 :]
        self.unstable_from = min(self.unstable_from, index)
        while self._configurations[-1][0] >= index:
            self._configurations.pop()

    def unstable(self) -> list[Entry]:
        """What is not durable yet."""
        if self.unstable_from > self.last_index:
            return []
        return self._entries[self.unstable_from - self.offset - 1 :]

    def conflict_hint(self, index: int, term: int) -> tuple[int, int]:
        """The last position at or before `index` whose term is at most `term`, and its term.

        Nothing after it can agree with a log that has `term` at `index`: a whole conflicting term
        is skipped with one message.
        """
        index = min(index, self.last_index)
        while (own := self.term_at(index)) is not None and own > term:
            index -= 1
        return index, own or 0

    def compact(self, index: int) -> None:
        """Forget the entries up to `index`, which must be committed and in a snapshot."""
        if index <= self.offset:
            return
        term = self.term_at(index)
        assert term is not None
        del self._entries[: index - self.offset]
        self.offset, self.offset_term = index, term
        while len(self._configurations) > 1 and self._configurations[1][0] <= index:
            del self._configurations[0]

    def restore(self, snapshot: SnapshotMeta) -> None:
        """Replace everything by an installed snapshot (thesis 5.3)."""
        self._reset(snapshot)
