"""The Raft core: events in, `Ready` out. No I/O, no clock, no chance of its own.

The caller drives it in turns: `tick`, any number of `step`, `propose`, `read_index`, then `ready`
until that returns None, each followed by `persisted` and by nothing else in between.
"""

from __future__ import annotations

from collections.abc import Sequence

from vard_http.raft.configuration import Change, ChangeRefused, decode_change
from vard_http.raft.election import (
    handle_request_vote,
    handle_request_vote_reply,
    handle_timeout,
    handle_timeout_now,
)
from vard_http.raft.membership import (
    begin_transfer,
    check_quorum,
    continue_transfer,
    propose_change,
    step_down_if_removed,
)
from vard_http.raft.messages import (
    CONFIGURATION,
    NOBODY,
    AnyMessage,
    AppendEntries,
    AppendEntriesReply,
    CommitIndex,
    Configuration,
    Entry,
    HardState,
    InstallSnapshot,
    InstallSnapshotReply,
    Proposal,
    Propose,
    ReadIndex,
    ReadIndexReply,
    Ready,
    RequestVote,
    RequestVoteReply,
    SnapshotMeta,
    TimeoutNow,
)
from vard_http.raft.reading import handle_read_index, handle_read_index_reply
from vard_http.raft.replication import (
    advance_commit_index,
    do_leader,
    handle_append_entries,
    handle_append_entries_reply,
    handle_commit_index,
)
from vard_http.raft.snapshots import (
    handle_install_snapshot,
    handle_install_snapshot_reply,
    snapshot_taken,
)
from vard_http.raft.state import Chance, Recovered, Role, Settings, State

MAX_COMMITTED = 4096
COMMIT_LAG = 1000
"""Entries by which the stored commit index may lag: it only saves a start some replay."""


class Raft:
    """One server. `state` is for reading only."""

    __slots__ = ("_handing_out", "state")

    def __init__(
        self, me: int, recovered: Recovered, settings: Settings, chance: Chance, now: int
    ) -> None:
        """A follower with what it had made durable; `now` is monotonic milliseconds."""
        self.state = State(me, recovered, settings, chance, now)
        self._handing_out = False

    @property
    def term(self) -> int:
        return self.state.current_term

    @property
    def leader_id(self) -> int:
        """The leader this server knows of, or NOBODY."""
        return self.state.leader_id

    @property
    def is_leader(self) -> bool:
        return self.state.is_leader

    @property
    def commit_index(self) -> int:
        return self.state.commit_index

    @property
    def last_applied(self) -> int:
        """The last entry handed out to be applied."""
        return self.state.last_applied

    @property
    def configuration(self) -> Configuration:
        return self.state.configuration

    @property
    def accepts_proposals(self) -> bool:
        """Whether `propose` would put an entry into the log, or send it to who may."""
        return self.state.leader_id != NOBODY and self.state.transferee == NOBODY

    @property
    def change_pending(self) -> bool:
        """Whether the configuration in force is not applied yet."""
        return self.state.log.configuration_index > self.state.last_applied

    def deadline(self) -> int:
        """When `tick` has something to do next, in milliseconds."""
        state = self.state
        if state.is_leader:
            return min(state.heartbeat_deadline, state.notice_deadline)
        return state.election_deadline

    def tick(self, now: int) -> None:
        """Time has come to `now`."""
        state = self.state
        state.now = max(state.now, now)
        if state.is_leader:
            if state.now >= state.heartbeat_deadline:
                check_quorum(state)
            continue_transfer(state)
        elif state.now >= state.election_deadline:
            handle_timeout(state)

    def propose(self, proposals: Sequence[Proposal]) -> bool:
        """Raft.v `handleClientRequest`: append as leader, or pass on to the leader.

        False: there is nobody to take them now; keep them and try again. True promises nothing but
        that they are on their way. A change of configuration that must not be made now is dropped.
        """
        state = self.state
        if not self.accepts_proposals:
            return False
        if not state.is_leader:
            state.send(state.leader_id, Propose(tuple(proposals)))
            return True
        for proposal in proposals:
            if proposal.kind == CONFIGURATION:
                try:
                    propose_change(state, decode_change(proposal.data))
                except ChangeRefused:
                    continue
            else:
                state.append_own(proposal.kind, proposal.data)
        return True

    def propose_change(self, change: Change) -> int:
        """Append a change of configuration; returns its index. Raises ChangeRefused."""
        if not self.is_leader:
            raise ChangeRefused("not the leader")
        return propose_change(self.state, change)

    def read_index(self, context: int) -> bool:
        """Ask from which index on a read that came in now is linearizable.

        A ReadState with this `context` follows, or nothing if messages are lost or leaders change:
        then ask again. A later read needs another `context`, after a restart too: an answer to an
        earlier one may still be on its way. False: there is no leader to ask.
        """
        state = self.state
        if state.is_leader:
            handle_read_index(state, state.me, ReadIndex(context))
        elif state.leader_id != NOBODY:
            state.send(state.leader_id, ReadIndex(context))
        return state.leader_id != NOBODY

    def transfer_leadership(self, to: int | None = None) -> int:
        """Hand over to `to`, or to the most advanced voter; returns whom, or NOBODY."""
        return begin_transfer(self.state, to)

    def applied_position(self) -> SnapshotMeta:
        """What a snapshot of the state after `last_applied` covers."""
        state = self.state
        index = state.last_applied
        term = state.log.term_at(index)
        assert term is not None
        return SnapshotMeta(index, term, state.log.configuration_at(index))

    @property
    def snapshot_index(self) -> int:
        """Where the latest durable snapshot ends."""
        return self.state.snapshot.index

    def snapshot_taken(self, meta: SnapshotMeta, keep: int) -> None:
        """A snapshot of what was applied is durable; `keep` entries before it stay in memory."""
        snapshot_taken(self.state, meta, keep)

    def snapshots_in_use(self) -> set[int]:
        """Indexes of the snapshots that are current or being sent: chunks may be asked for."""
        sent = {p.snapshot.index for p in self.state.progress.values() if p.snapshot is not None}
        return sent | {self.state.snapshot.index}

    def step(self, source: int, message: AnyMessage) -> None:
        """Raft.v `handleMessage`: a message from another server."""
        assert not self._handing_out
        state = self.state
        if isinstance(message, Propose):
            self.propose(message.proposals)
            if source in state.progress:
                state.progress[source].proposed = state.log.last_index
            return
        if isinstance(message, ReadIndex):
            handle_read_index(state, source, message)
            return
        if isinstance(message, ReadIndexReply):
            handle_read_index_reply(state, message)
            return
        if message.term > state.current_term:
            if self._term_counts(message):
                state.become_follower(message.term, NOBODY)
        elif message.term < state.current_term:
            self._refuse_old_term(source, message)
            return
        self._dispatch(source, message)

    def _term_counts(self, message: AnyMessage) -> bool:
        """Whether a higher term is a fact already and not just somebody's wish.

        A pre-vote asks about a term that nobody has reached. A vote request while we hear from a
        leader comes from a server that should not be heard (thesis 4.2.3).
        """
        if isinstance(message, RequestVote):
            return not message.pre_vote and (message.transfer or not self.state.lease_holds())
        return not (
            isinstance(message, RequestVoteReply) and message.pre_vote and message.vote_granted
        )

    def _refuse_old_term(self, source: int, message: AnyMessage) -> None:
        """Tell leaders and candidates of an old term the current one; pass over old answers."""
        state = self.state
        if isinstance(message, AppendEntries | CommitIndex | InstallSnapshot):
            state.send(source, AppendEntriesReply(state.current_term, False, 0))
        elif isinstance(message, RequestVote):
            state.send(source, RequestVoteReply(state.current_term, False, message.pre_vote))

    def _dispatch(self, source: int, message: AnyMessage) -> None:
        state = self.state
        match message:
            case AppendEntries():
                self._hear_leader(source)
                handle_append_entries(state, source, message)
            case AppendEntriesReply():
                handle_append_entries_reply(state, source, message)
                if state.is_leader:
                    advance_commit_index(state)
            case CommitIndex():
                self._hear_leader(source)
                handle_commit_index(state, message)
            case InstallSnapshot():
                self._hear_leader(source)
                handle_install_snapshot(state, source, message)
            case InstallSnapshotReply():
                handle_install_snapshot_reply(state, source, message)
            case RequestVote():
                handle_request_vote(state, source, message)
            case RequestVoteReply():
                handle_request_vote_reply(state, source, message)
            case TimeoutNow():
                handle_timeout_now(state, message)

    def _hear_leader(self, source: int) -> None:
        """Whoever sends entries or a snapshot in this term is its leader."""
        state = self.state
        assert not state.is_leader, "two leaders in one term"
        state.become_follower(state.current_term, source)
        state.leader_contact = state.now

    def ready(self) -> Ready | None:
        """All that is to be done now, or None (Raft.v `doLeader`, `doGenericServer`)."""
        assert not self._handing_out
        state = self.state
        step_down_if_removed(state)
        appends: list[tuple[int, AnyMessage]] = []
        if state.is_leader:
            # A leader may speak before its entries are durable, but never before its term is: the
            # only voter, elected this very turn, could come back and lead the same term anew.
            elected = (state.current_term, state.voted_for) == state.durable_term_vote
            (appends if elected else state.messages).extend(do_leader(state))
        entries = state.log.unstable()
        hard_state = self._hard_state(entries)
        committed = self._newly_committed()
        messages, read_states, chunk = state.messages, state.read_states, state.chunk
        if not (appends or chunk or hard_state or entries or messages or committed or read_states):
            return None
        ready = Ready(appends, chunk, hard_state, entries, messages, committed, read_states)
        state.messages, state.read_states, state.chunk = [], [], None
        self._handing_out = True
        return ready

    def _hard_state(self, entries: Sequence[Entry]) -> HardState | None:
        """What must become durable of term and vote; the commit index only travels along.

        It does so with every change of configuration: if that takes the quorum away, a server that
        restarts meanwhile must know by itself what was committed before.
        """
        state = self.state
        commit = state.commit_index
        if state.chunk is not None and state.chunk.last:
            # Storage may install before it appends, and then the log ends with the snapshot.
            commit = state.snapshot.index
        same = (state.current_term, state.voted_for) == state.durable_term_vote
        if same and not entries:
            return None
        may_lag = 0 if state.log.configuration_index >= state.log.unstable_from else COMMIT_LAG
        if same and commit - state.durable_commit <= may_lag:
            return None
        return HardState(state.current_term, state.voted_for, commit)

    def _newly_committed(self) -> list[Entry]:
        state = self.state
        if state.commit_index == state.last_applied:
            return []
        last = min(state.commit_index, state.last_applied + MAX_COMMITTED)
        committed = state.log.slice(state.last_applied + 1, last + 1)
        state.last_applied = last
        return committed

    def persisted(self, ready: Ready) -> None:
        """Step 2 of `ready` is durable."""
        self._handing_out = False
        state = self.state
        if ready.hard_state is not None:
            state.durable_term_vote = (ready.hard_state.term, ready.hard_state.vote)
            state.durable_commit = ready.hard_state.commit
        if ready.entries:
            state.log.unstable_from = ready.entries[-1].index + 1
            if state.role is Role.LEADER:
                advance_commit_index(state)
