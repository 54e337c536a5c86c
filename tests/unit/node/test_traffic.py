"""What leaders and followers count of the appends between them."""

from __future__ import annotations

import pytest

from vard_http.node.traffic import Traffic
from vard_http.raft import NORMAL, AppendEntries, AppendEntriesReply, Entry

FOLLOWER = 7


def append(*indexes: int) -> AppendEntries:
    entries = tuple(Entry(index, 1, NORMAL, b"x") for index in indexes)
    return AppendEntries(1, 0, 0, entries, 0)


def accepted(index: int) -> AppendEntriesReply:
    return AppendEntriesReply(1, True, index)


def refused(index: int) -> AppendEntriesReply:
    return AppendEntriesReply(1, False, index)


class Peers:
    """Since when the follower can be reached."""

    def __init__(self, since: float | None = 0.0) -> None:
        self.since = since

    def active_since(self, _: int) -> float | None:
        return self.since


def test_the_time_from_append_to_answer_is_taken_in_milliseconds() -> None:
    traffic = Traffic(Peers().active_since)
    traffic.sending([(FOLLOWER, append(1))], 10.0)
    traffic.answered(FOLLOWER, accepted(1), 10.002)
    traffic.sending([(FOLLOWER, append(2))], 11.0)
    traffic.answered(FOLLOWER, accepted(2), 11.004)
    latency = traffic.latency(FOLLOWER)
    assert latency.current == pytest.approx(4)
    assert latency.average == pytest.approx(3)
    assert latency.standard_deviation == pytest.approx(1)
    assert latency.minimum == pytest.approx(2)
    assert latency.maximum == pytest.approx(4)
    assert (latency.success, latency.fail) == (2, 0)


def test_one_answer_may_stand_for_several_appends_but_not_for_later_ones() -> None:
    traffic = Traffic(Peers().active_since)
    for index in (1, 2, 3):
        traffic.sending([(FOLLOWER, append(index))], 1.0)
    traffic.answered(FOLLOWER, accepted(2), 1.5)
    assert traffic.latency(FOLLOWER).success == 2


def test_a_follower_that_was_never_reached_has_zeros_and_an_endless_minimum() -> None:
    traffic = Traffic(Peers(since=None).active_since)
    latency = traffic.latency(FOLLOWER)
    assert (latency.current, latency.average, latency.standard_deviation) == (0, 0, 0)
    assert (latency.minimum, latency.maximum) == (2**63, 0)
    assert (latency.success, latency.fail) == (0, 0)


def test_appends_to_who_cannot_be_reached_fail() -> None:
    traffic = Traffic(Peers(since=None).active_since)
    traffic.sending([(FOLLOWER, append(1)), (FOLLOWER, append(2))], 1.0)
    assert traffic.latency(FOLLOWER).fail == 2


def test_an_append_lost_with_its_connection_fails_and_takes_no_time() -> None:
    peers = Peers()
    traffic = Traffic(peers.active_since)
    traffic.sending([(FOLLOWER, append(1))], 1.0)
    peers.since = 60.0
    traffic.sending([(FOLLOWER, append(1))], 60.5)
    traffic.answered(FOLLOWER, accepted(1), 60.6)
    latency = traffic.latency(FOLLOWER)
    assert (latency.success, latency.fail) == (1, 1)
    assert latency.maximum == pytest.approx(100)


def test_a_refusal_ends_what_was_under_way() -> None:
    traffic = Traffic(Peers().active_since)
    traffic.sending([(FOLLOWER, append(5))], 1.0)
    traffic.answered(FOLLOWER, refused(4), 1.1)
    traffic.answered(FOLLOWER, accepted(5), 9.0)
    latency = traffic.latency(FOLLOWER)
    assert (latency.success, latency.fail) == (0, 0)


def test_heartbeats_do_not_count() -> None:
    traffic = Traffic(Peers().active_since)
    assert traffic.sending([(FOLLOWER, append()), (FOLLOWER, append(1))], 1.0) == 1
    traffic.arrived(FOLLOWER, append(), 10, 1.0)
    traffic.arrived(FOLLOWER, append(1), 20, 1.0)
    assert (traffic.sent, traffic.received) == (1, 1)


def test_received_bytes_are_what_came_since_the_append_before() -> None:
    traffic = Traffic(Peers().active_since)
    traffic.arrived(FOLLOWER, append(1), 100, 1.0)
    traffic.arrived(FOLLOWER, append(2), 150, 2.0)
    assert traffic.received_rate.per_second(2.0) == (2.0, 150.0)


def test_removed_members_are_forgotten() -> None:
    traffic = Traffic(Peers().active_since)
    traffic.latency(FOLLOWER).answered(1.0)
    traffic.forget_all_but([1, 2])
    assert traffic.latency(FOLLOWER).success == 0
