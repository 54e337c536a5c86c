"""AppendEntries from both ends, and the commit index (thesis 3.5, 3.6.2)."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.unit.raft.support import (
    SETTINGS,
    answer,
    elect,
    entries,
    leader,
    propose,
    said,
    said_to,
    server,
    turn,
)
from vard_http.raft import NORMAL, Configuration, Entry, HardState, Proposal, Raft
from vard_http.raft.messages import AppendEntries, AppendEntriesReply, CommitIndex, Propose
from vard_http.raft.progress import MAX_INFLIGHT


def accept(raft: Raft, follower: int, index: int) -> None:
    raft.step(follower, AppendEntriesReply(raft.term, True, index))


# The follower


@pytest.mark.parametrize(
    ("previous", "sent", "reply"),
    [
        pytest.param((3, 2), (2,), AppendEntriesReply(3, True, 4), id="at the end"),
        pytest.param((0, 0), (1, 1, 2), AppendEntriesReply(3, True, 3), id="all there already"),
        pytest.param((3, 2), (), AppendEntriesReply(3, True, 3), id="a heartbeat"),
        pytest.param((2, 1), (), AppendEntriesReply(3, True, 2), id="vouches for no more"),
        pytest.param((1, 1), (3,), AppendEntriesReply(3, True, 2), id="a conflict"),
        pytest.param((9, 3), (3,), AppendEntriesReply(3, False, 9, 3, 2), id="a gap"),
        pytest.param((3, 3), (3,), AppendEntriesReply(3, False, 3, 3, 2), id="another term"),
        pytest.param((3, 1), (3,), AppendEntriesReply(3, False, 3, 2, 1), id="an older term"),
    ],
)
def test_append_entries(
    previous: tuple[int, int], sent: tuple[int, ...], reply: AppendEntriesReply
) -> None:
    """Raft.v `handleAppendEntries`; a refusal says where to look next."""
    raft = server(term=3, log=entries(1, 1, 2))
    new = tuple(entries(*sent, start=previous[0] + 1))
    assert answer(raft, 2, AppendEntries(3, *previous, new, 0), AppendEntriesReply) == reply


def test_a_refusal_changes_nothing_but_the_term() -> None:
    raft = server(term=1, log=entries(1, 1))
    raft.step(2, AppendEntries(4, 5, 3, tuple(entries(4, start=6)), 6))
    (ready,) = turn(raft)
    assert (raft.term, raft.commit_index, ready.entries) == (4, 0, [])


def test_entries_are_durable_before_they_are_acknowledged() -> None:
    raft = server()
    raft.step(2, AppendEntries(1, 0, 0, tuple(entries(1)), 0))
    ready = raft.ready()
    assert ready is not None
    assert (ready.hard_state, ready.entries) == (HardState(1, 0, 0), entries(1))
    assert (ready.appends, ready.messages) == ([], [(2, AppendEntriesReply(1, True, 1))])


@pytest.mark.parametrize(
    ("previous", "sent", "leader_commit", "commit"),
    [
        pytest.param(2, (1,), 2, 2, id="what the leader says"),
        pytest.param(2, (1,), 9, 3, id="no further than the logs agree"),
        pytest.param(1, (), 2, 1, id="a longer log of one's own does not count"),
        pytest.param(2, (), 2, 2, id="by a heartbeat too"),
    ],
)
def test_a_follower_commits(
    previous: int, sent: tuple[int, ...], leader_commit: int, commit: int
) -> None:
    raft = server(term=1, log=entries(1, 1))
    new = tuple(entries(*sent, start=previous + 1))
    raft.step(2, AppendEntries(1, previous, 1, new, leader_commit))
    assert raft.commit_index == commit


def test_the_commit_index_never_goes_back() -> None:
    raft = server(term=1, log=entries(1, 1), commit=2)
    raft.step(2, AppendEntries(1, 2, 1, (), 1))
    assert raft.commit_index == 2


def test_entries_below_the_compaction_are_taken_for_equal() -> None:
    """What is committed here is the leader's too, whether or not it is still in the log."""
    raft = server(term=1, log=entries(1, 1, 1), commit=3)
    turn(raft)
    raft.snapshot_taken(raft.applied_position(), keep=0)
    message = AppendEntries(1, 1, 1, tuple(entries(1, 1, 1, start=2)), 0)
    assert answer(raft, 2, message, AppendEntriesReply) == AppendEntriesReply(1, True, 4)
    assert raft.state.log.last_index == 4


# The leader


def test_a_new_leader_probes_at_its_end() -> None:
    raft = server(log=entries(1, 1), term=1)
    elect(raft)
    (message,) = said_to(raft, 2, AppendEntries)
    assert (message.prev_log_index, message.prev_log_term, len(message.entries)) == (2, 1, 1)


def test_a_probe_is_sent_once_until_it_is_answered() -> None:
    raft = leader()
    propose(raft, b"a")
    assert said_to(raft, 2, AppendEntries) == []


def test_a_heartbeat_repeats_a_probe() -> None:
    raft = leader()
    raft.tick(raft.deadline())
    (message,) = said_to(raft, 2, AppendEntries)
    assert (message.prev_log_index, message.entries) == (0, ())


def test_entries_are_pipelined_once_the_logs_agree() -> None:
    raft = leader()
    accept(raft, 2, 1)
    turn(raft)
    for index in (2, 3):
        propose(raft, b"a")
        (message,) = [m for m in said_to(raft, 2, AppendEntries) if m.entries]
        assert [entry.index for entry in message.entries] == [index]


def test_no_more_than_so_many_messages_are_in_flight() -> None:
    raft = leader()
    accept(raft, 2, 1)
    turn(raft)
    sent = 0
    for _ in range(MAX_INFLIGHT + 5):
        propose(raft, b"a")
        sent += len([m for m in said_to(raft, 2, AppendEntries) if m.entries])
    assert sent == MAX_INFLIGHT
    accept(raft, 2, 2)
    assert len([m for m in said_to(raft, 2, AppendEntries) if m.entries]) == 1


def test_a_full_window_that_is_lost_is_noticed_at_the_next_heartbeat() -> None:
    raft = leader()
    accept(raft, 2, 1)
    turn(raft)
    for _ in range(MAX_INFLIGHT):
        propose(raft, b"a")
        turn(raft)
    raft.tick(raft.state.heartbeat_deadline)
    (heartbeat,) = said_to(raft, 2, AppendEntries)
    raft.step(2, AppendEntriesReply(1, False, heartbeat.prev_log_index, 1, 1))
    (again,) = said_to(raft, 2, AppendEntries)
    assert (again.prev_log_index, len(again.entries)) == (1, MAX_INFLIGHT)


@pytest.mark.parametrize(
    ("hint", "next_previous"),
    [
        pytest.param((1, 1), 1, id="a short log"),
        pytest.param((5, 2), 2, id="a conflicting term is skipped on this side too"),
        pytest.param((0, 0), 0, id="an empty log"),
    ],
)
def test_a_refusal_moves_the_probe_back(hint: tuple[int, int], next_previous: int) -> None:
    """Thesis 3.5; the leader's log has terms 1 1 3 3 3, then its no-op."""
    raft = leader(term=3, log=entries(1, 1, 3, 3, 3))
    raft.step(2, AppendEntriesReply(raft.term, False, 5, *hint))
    (message,) = said_to(raft, 2, AppendEntries)
    assert message.prev_log_index == next_previous


@pytest.mark.parametrize("index", [1, 2, 4])
def test_a_refusal_that_is_out_of_date_is_passed_over(index: int) -> None:
    raft = leader(term=1, log=entries(1, 1, 1))
    accept(raft, 2, 4)
    turn(raft)
    raft.step(2, AppendEntriesReply(raft.term, False, index, 0, 0))
    assert said_to(raft, 2, AppendEntries) == []


def test_entries_are_cut_by_size() -> None:
    raft = server(settings=structs.replace(SETTINGS, max_append_bytes=2))
    elect(raft)
    turn(raft)
    propose(raft, b"aa", b"bb")
    accept(raft, 2, 1)
    sent = [m.entries for m in said_to(raft, 2, AppendEntries) if m.entries]
    assert [[entry.data for entry in batch] for batch in sent] == [[b"aa"], [b"bb"]]


# Commitment


def test_a_majority_commits() -> None:
    raft = leader()
    assert raft.commit_index == 0
    accept(raft, 2, 1)
    assert raft.commit_index == 1


def test_learners_do_not_commit() -> None:
    raft = leader(configuration=Configuration((1, 2, 3), (4,)))
    accept(raft, 4, 1)
    assert raft.commit_index == 0


def test_entries_of_earlier_terms_are_not_committed_by_counting() -> None:
    """Thesis figure 3.7: an entry of the leader's own term takes them along."""
    raft = leader(log=entries(1, 2), term=2)
    accept(raft, 2, 2)
    assert raft.commit_index == 0
    accept(raft, 2, 3)
    assert raft.commit_index == 3


def test_a_leader_counts_itself_only_when_its_entries_are_durable() -> None:
    """Thesis 10.2.1: it replicates before that."""
    raft = leader(configuration=Configuration((1, 2)))
    accept(raft, 2, 1)
    turn(raft)
    propose(raft, b"a")
    ready = raft.ready()
    assert ready is not None
    assert [to for to, _ in ready.appends] == [2]
    assert raft.state.log.durable_index == 1
    raft.persisted(ready)
    assert raft.state.log.durable_index == 2


def test_followers_are_told_a_little_later_what_is_committed() -> None:
    """Raft.v moves a follower's commit index only with new entries."""
    raft = leader()
    accept(raft, 2, 1)
    assert said_to(raft, 2, CommitIndex) == []
    assert raft.deadline() == raft.state.now + SETTINGS.notice_delay
    raft.tick(raft.deadline())
    assert said_to(raft, 2, CommitIndex) == [CommitIndex(1, 1)]
    assert raft.deadline() == raft.state.heartbeat_deadline


def test_new_entries_tell_what_is_committed() -> None:
    raft = leader()
    accept(raft, 2, 1)
    propose(raft, b"a")
    (append,) = said_to(raft, 2, AppendEntries)
    assert append.leader_commit == 1
    raft.tick(raft.state.now + SETTINGS.notice_delay)
    assert said_to(raft, 2, CommitIndex) == []


def test_a_follower_whose_clients_wait_is_told_at_once() -> None:
    raft = leader()
    accept(raft, 2, 1)
    raft.step(2, Propose((Proposal(NORMAL, b"a"),)))
    turn(raft)
    accept(raft, 2, 2)
    assert said_to(raft, 2, CommitIndex) == [CommitIndex(1, 2)]


def test_a_follower_takes_the_commit_index_without_an_answer() -> None:
    raft = server(term=1, log=entries(1, 1))
    raft.step(2, CommitIndex(1, 2))
    assert raft.commit_index == 2
    assert said(raft) == []


@pytest.mark.parametrize(("term", "commit"), [(0, 2), (1, 0)])
def test_an_old_commit_index_changes_nothing(term: int, commit: int) -> None:
    raft = server(term=1, log=entries(1, 1), commit=1)
    raft.step(2, CommitIndex(term, commit))
    assert raft.commit_index == 1


def test_a_follower_is_not_told_of_what_it_does_not_hold() -> None:
    raft = leader()
    accept(raft, 2, 1)
    assert said_to(raft, 3, CommitIndex) == []


def test_committed_entries_are_handed_out_once_and_in_order() -> None:
    raft = leader()
    propose(raft, b"a", b"b")
    turn(raft)
    accept(raft, 2, 3)
    handed = [entry.index for ready in turn(raft) for entry in ready.committed]
    assert handed == [1, 2, 3]
    assert turn(raft) == []


# Proposals


def test_a_follower_passes_proposals_on() -> None:
    raft = server()
    raft.step(2, AppendEntries(1, 0, 0, (), 0))
    turn(raft)
    propose(raft, b"a")
    ((to, passed_on),) = said(raft)
    assert to == 2
    other = leader(2)
    other.step(1, passed_on)
    (ready,) = turn(other)
    assert ready.entries == [Entry(2, 1, 0, b"a")]


def test_without_a_leader_nobody_takes_proposals() -> None:
    raft = server()
    assert not raft.accepts_proposals
    assert not raft.propose([])
