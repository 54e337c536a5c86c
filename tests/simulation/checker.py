"""The properties of Raft, watched while a simulation runs; names are Verdi's where it has one.

Ghost state here is what no server knows: which votes were given, which entries are committed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Protocol

from vard_http.raft import (
    NOBODY,
    NORMAL,
    AnyMessage,
    Configuration,
    Entry,
    HardState,
    Raft,
    ReadState,
    Ready,
)
from vard_http.raft.configuration import is_quorum
from vard_http.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    InstallSnapshot,
    InstallSnapshotReply,
    RequestVote,
    RequestVoteReply,
    TimeoutNow,
)

Termed = (
    AppendEntries
    | AppendEntriesReply
    | InstallSnapshot
    | InstallSnapshotReply
    | RequestVote
    | RequestVoteReply
    | TimeoutNow
)


class Stored(Protocol):
    """What is durable of one server; `received_chunks` are those of an unfinished snapshot."""

    @property
    def hard_state(self) -> HardState: ...
    @property
    def last_index(self) -> int: ...
    @property
    def received_chunks(self) -> int: ...
    def holds(self, index: int, term: int) -> bool: ...


class Replica(Protocol):
    """A state machine after `index` entries; equal digests are equal states."""

    @property
    def index(self) -> int: ...
    @property
    def digest(self) -> Hashable: ...
    def apply(self, entry: Entry) -> None: ...


class Violation(AssertionError):
    """A property does not hold; the first word is its name."""


def require(condition: bool, name: str, detail: object) -> None:
    if not condition:
        raise Violation(f"{name}: {detail}")


def _ignore(*_: object) -> None:
    """Until somebody listens."""


class Checker:
    """Told of every step of every server; raises Violation."""

    def __init__(self, disks: Mapping[int, Stored], reference: Replica) -> None:
        """`reference` is at index 0 and will be given every committed entry."""
        self._disks = disks
        self._leaders: dict[int, int] = {}
        self._votes: dict[tuple[int, int], int] = {}
        self._promised_terms: dict[int, int] = {}
        self._durable_terms: dict[int, int] = {}
        self._terms: dict[int, int] = {}
        self._commits: dict[int, int] = {}
        self._entries: dict[tuple[int, int], tuple[int, Entry]] = {}
        self.committed: dict[int, Entry] = {}
        self.last_committed = 0
        self._applied: dict[int, int] = {}
        self._reference = reference
        self._digests: dict[int, Hashable] = {0: reference.digest}
        self.last_applied = 0
        self._reads: dict[int, int] = {}
        self._proposed: dict[bytes, tuple[int, int]] = {}
        self.acknowledged: set[bytes] = set()
        self.reads_served = 0
        self.elections = 0
        self.elected: Callable[[int, int], None] = _ignore
        """Told who leads which term."""

    # What clients see

    def proposed(self, data: bytes, node: int, incarnation: int) -> None:
        self._proposed[data] = (node, incarnation)

    def read_asked(self, context: int) -> None:
        """The read must see everything that anybody has applied by now."""
        self._reads[context] = self.last_applied

    def readable(self, state: ReadState) -> None:
        seen = self._reads[state.context]
        self.reads_served += 1
        require(
            state.index >= seen,
            "linearizable_reads",
            f"read {state.context} may be served at {state.index}, but {seen} was applied before",
        )

    # What a server is about to do

    def handing_out(self, node: int, raft: Raft, ready: Ready) -> None:
        self.observe(node, raft)
        if ready.entries:
            installs = ready.chunk is not None and ready.chunk.last
            end = raft.state.snapshot.index if installs else self._disks[node].last_index
            self.appending(node, raft, ready.entries, end)

    def appending(self, node: int, raft: Raft, entries: Sequence[Entry], end: int) -> None:
        """`entries` are to be stored in a log that ends at `end`."""
        first = entries[0].index
        require(
            first <= end + 1,
            "entries_contiguous",
            f"{node} leaves a gap: its log ends at {end}, the entries start at {first}",
        )
        term = raft.state.log.term_at(first - 1)
        if term is None:
            raise Violation(f"entries_contiguous: {node} has nothing before {first}")
        for position, entry in enumerate(entries):
            require(
                entry.index == first + position,
                "entries_contiguous",
                f"{node} has {entry} at {first + position}",
            )
            require(
                term <= entry.term <= raft.term,
                "entries_sorted",
                f"{node} in term {raft.term} has {entry} after term {term}",
            )
            self._log_matching(node, entry, term)
            term = entry.term

    def _log_matching(self, node: int, entry: Entry, previous_term: int) -> None:
        """Index and term name one entry with one predecessor; by induction all before agrees."""
        known = self._entries.setdefault((entry.index, entry.term), (previous_term, entry))
        require(
            known[0] == previous_term and known[1] == entry,
            "log_matching",
            f"{node} has {entry} after term {previous_term}, another has {known}",
        )

    def sending(self, node: int, message: AnyMessage) -> None:
        """Durability order: a message leaves only after what it promises is durable."""
        if isinstance(message, Termed):
            disk = self._disks[node]
            if isinstance(message, RequestVote):
                self._vote_request_is_durable(node, disk, message)
            elif isinstance(message, RequestVoteReply):
                self._vote_is_durable(node, disk, message)
            else:
                self._term_is_durable(node, disk, message.term)
                self._answer_is_durable(node, disk, message)

    def answering(self, node: int, target: int, message: RequestVoteReply) -> None:
        """votes_correct at the boundary: what is said is what was decided."""
        if message.vote_granted and not message.pre_vote:
            vote = self._votes.setdefault((node, message.term), target)
            require(
                vote == target,
                "votes_correct",
                f"{node} voted in term {message.term} for {vote} and for {target}",
            )

    def _term_is_durable(self, node: int, disk: Stored, term: int) -> None:
        require(
            term <= disk.hard_state.term,
            "durability_order",
            f"{node} speaks of term {term}, but {disk.hard_state} is durable",
        )
        if term > self._promised_terms.get(node, 0):
            self._promised_terms[node] = term

    def _vote_request_is_durable(self, node: int, disk: Stored, m: RequestVote) -> None:
        if m.pre_vote:
            return
        self._term_is_durable(node, disk, m.term)
        require(
            disk.hard_state.term > m.term or disk.hard_state.vote == node,
            "durability_order",
            f"{node} asks for votes in term {m.term} without its own: {disk.hard_state}",
        )

    def _vote_is_durable(self, node: int, disk: Stored, m: RequestVoteReply) -> None:
        if m.pre_vote and m.vote_granted:
            return
        self._term_is_durable(node, disk, m.term)
        require(
            not m.vote_granted or disk.hard_state.term > m.term or disk.hard_state.vote != NOBODY,
            "durability_order",
            f"{node} gives a vote in term {m.term} that is not durable: {disk.hard_state}",
        )

    def _answer_is_durable(self, node: int, disk: Stored, message: Termed) -> None:
        # In a later term its entries may be gone again: then nobody counts this answer any more.
        if message.term < disk.hard_state.term:
            return
        if isinstance(message, AppendEntriesReply) and message.success:
            require(
                message.index <= disk.last_index,
                "durability_order",
                f"{node} acknowledges {message.index}, durable up to {disk.last_index}",
            )
        elif isinstance(message, InstallSnapshotReply):
            require(
                message.next_chunk <= disk.received_chunks or message.index <= disk.last_index,
                "durability_order",
                f"{node} wants chunk {message.next_chunk}, durable are {disk.received_chunks}",
            )

    # What a server did

    def written(self, node: int, hard_state: HardState | None) -> None:
        disk = self._disks[node]
        state = disk.hard_state
        before = self._durable_terms.get(node, 0)
        require(state.term >= before, "terms_never_go_back", f"{node} from {before} to {state}")
        self._durable_terms[node] = state.term
        if hard_state is not None and state.vote != NOBODY:
            vote = self._votes.setdefault((node, state.term), state.vote)
            require(
                vote == state.vote,
                "votes_correct",
                f"{node} voted in term {state.term} for {vote} and for {state.vote}",
            )
        require(
            state.commit <= disk.last_index,
            "durability_order",
            f"{node} recorded commit index {state.commit}, durable up to {disk.last_index}",
        )

    def started(self, node: int, raft: Raft) -> None:
        promised = self._promised_terms.get(node, 0)
        require(
            raft.term >= promised,
            "terms_never_go_back",
            f"{node} spoke of term {promised} and came back in {raft.term}",
        )
        self._terms[node] = raft.term
        self._applied[node] = raft.last_applied
        self._commits[node] = raft.commit_index
        self._register_commits(node, raft, raft.last_applied + 1)

    def observe(self, node: int, raft: Raft, before: Configuration | None = None) -> None:
        """After each change of a core.

        If that may have been several, `before` is the configuration that was in force until then.
        """
        state = raft.state
        term = state.current_term
        if term != self._terms[node]:
            require(
                term > self._terms[node],
                "terms_never_go_back",
                f"{node} from {self._terms[node]} to {term}",
            )
            self._terms[node] = term
        led_before = self._leaders.get(term) == node
        if state.is_leader and not led_before:
            require(
                term not in self._leaders,
                "one_leader_per_term",
                f"{self._leaders.get(term)} and {node} in term {term}",
            )
            self._leaders[term] = node
            self.elections += 1
            self.elected(node, term)
            self._leader_completeness(node, raft)
        commit = state.commit_index
        if commit != self._commits[node]:
            require(
                commit > self._commits[node],
                "commit_index_monotonic",
                f"{node} from {self._commits[node]} to {commit}",
            )
            if state.is_leader and led_before:
                self._commit_is_justified(node, raft, commit, before)
            self._register_commits(node, raft, self._commits[node] + 1)
            self._commits[node] = commit

    def _leader_completeness(self, node: int, raft: Raft) -> None:
        log = raft.state.log
        for index in range(max(1, log.offset), self.last_committed + 1):
            committed = self.committed.get(index)
            require(
                committed is None or log.term_at(index) == committed.term,
                "leader_completeness",
                f"{node} leads term {raft.term} without {committed}",
            )

    def _commit_is_justified(
        self, node: int, raft: Raft, commit: int, before: Configuration | None
    ) -> None:
        """A leader commits what is of its own term and durable on a majority (thesis 3.6.2)."""
        term = raft.state.log.term_at(commit)
        require(
            term == raft.term,
            "commits_own_term_only",
            f"{node} leads term {raft.term} and commits {commit} of term {term}",
        )
        holders = [peer for peer, disk in self._disks.items() if disk.holds(commit, raft.term)]
        require(
            is_quorum(raft.configuration, holders)
            or (before is not None and is_quorum(before, holders)),
            "committed_by_quorum",
            f"{node} commits {commit} of term {term}, durable only on {holders}"
            f" of {raft.configuration}",
        )

    def _register_commits(self, node: int, raft: Raft, start: int) -> None:
        log = raft.state.log
        start = max(start, log.offset + 1)
        for held in log.slice(start, raft.commit_index + 1):
            known = self.committed.setdefault(held.index, held)
            require(
                known == held,
                "state_machine_safety",
                f"{node} holds {held} for committed, another {known}",
            )
        self.last_committed = max(self.last_committed, raft.commit_index)
        while (entry := self.committed.get(self._reference.index + 1)) is not None:
            self._reference.apply(entry)
            self._digests[entry.index] = self._reference.digest

    def applied(self, node: int, incarnation: int, entries: Iterable[Entry], m: Replica) -> None:
        index = self._applied[node]
        for entry in entries:
            index += 1
            require(
                entry.index == index,
                "applied_entries_monotonic",
                f"{node} applies {entry} at {index}",
            )
            if entry.kind == NORMAL and self._proposed.get(entry.data) == (node, incarnation):
                self.acknowledged.add(entry.data)
        self._applied[node] = index
        self.last_applied = max(self.last_applied, index)
        self._same_state(node, m)

    def reached(self, node: int, index: int, digest: Hashable) -> None:
        """A server has come to this state, by whatever steps."""
        require(
            index >= self._applied[node],
            "applied_entries_monotonic",
            f"{node} goes back from {self._applied[node]} to {index}",
        )
        self._applied[node] = index
        self.last_applied = max(self.last_applied, index)
        require(
            self._digests.get(index) == digest,
            "state_machine_safety",
            f"{node} has another state at {index}",
        )

    def installed(self, node: int, machine: Replica) -> None:
        require(
            machine.index > self._applied[node],
            "applied_entries_monotonic",
            f"{node} goes back from {self._applied[node]} to {machine.index}",
        )
        self._applied[node] = machine.index
        self._same_state(node, machine)

    def _same_state(self, node: int, machine: Replica) -> None:
        require(
            self._digests.get(machine.index) == machine.digest,
            "state_machine_safety",
            f"{node} has another state at {machine.index}",
        )

    def finish(self) -> None:
        """Nothing that was acknowledged is missing from the committed log."""
        lost = self.acknowledged - {entry.data for entry in self.committed.values()}
        require(not lost, "acknowledged_entries_kept", lost)
