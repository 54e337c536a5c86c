"""From snapshots to the rows of `top`."""

from __future__ import annotations

from dataclasses import replace

from tests.ctl.snapshots import histogram, snapshot, told
from vard_http.ctl.top.heading import heading
from vard_http.ctl.top.rows import UNREACHABLE, rows


def test_a_row_has_what_its_member_says() -> None:
    row = rows([snapshot(told(1, term=7, commit=12, applied=11, watchers=3, database=2048))])[0]
    assert (row.name, row.role, row.term, row.commit, row.applied) == ("n1", "leader", 7, 12, 11)
    assert (row.watchers, row.database, row.round_trip) == (3, 2048, 0.001)


def test_one_snapshot_has_no_rates() -> None:
    row = rows([snapshot(told(1))])[0]
    assert (row.writes, row.reads, row.quorum_reads, row.cpu) == (None, None, None, None)


def test_rates_are_of_the_last_interval_by_kind() -> None:
    history = [
        snapshot(told(1, received={"GET": 999, "PUT": 999}, cpu_seconds=0.0), at=0.0),
        snapshot(told(1, received={"GET": 1000, "PUT": 1000}, cpu_seconds=1.0), at=1.0),
        snapshot(
            told(
                1,
                received={"GET": 1010, "HEAD": 2, "QGET": 4, "PUT": 1020, "POST": 2, "DELETE": 8},
                cpu_seconds=1.5,
                refused=6,
            ),
            at=3.0,
        ),
    ]
    row = rows(history)[0]
    assert (row.reads, row.quorum_reads, row.writes) == (6.0, 2.0, 15.0)
    assert (row.cpu, row.refused) == (0.25, 3.0)


def test_a_process_that_is_new_has_no_rates_yet() -> None:
    history = [
        snapshot(told(1, received={"GET": 1000}), at=0.0),
        snapshot(told(1, received={"GET": 10}, started=1_700_000_100.0), at=1.0),
    ]
    assert rows(history)[0].reads is None


def test_quantiles_are_of_the_time_that_history_spans() -> None:
    history = [
        snapshot(told(1, fsync_seconds=histogram(1000)), at=0.0),
        snapshot(told(1, fsync_seconds=histogram(1000, 1)), at=1.0),
        snapshot(told(1, fsync_seconds=histogram(1000, 2, 0, 0, 0, 7)), at=2.0),
    ]
    row = rows(history)[0]
    assert row.fsync_p50 is not None
    assert row.fsync_p50[:2] == (0.016, 0.032)
    assert row.slow_fsyncs == 7


def test_of_the_whole_life_if_that_is_wanted() -> None:
    history = [
        snapshot(told(1, fsync_seconds=histogram(1000)), at=0.0),
        snapshot(told(1, fsync_seconds=histogram(1000, 2)), at=1.0),
    ]
    row = rows(history, lifetime=True)[0]
    assert row.fsync_p50 == histogram(1000, 2).quantile(0.5)


def test_without_fsyncs_there_is_nothing_to_say() -> None:
    row = rows([snapshot(told(1)), snapshot(told(1), at=1.0)])[0]
    assert (row.fsync_p50, row.fsync_p99, row.slow_fsyncs) == (None, None, 0)


def test_lag_is_what_the_leader_knows_even_of_who_is_silent() -> None:
    leader = told(1, commit=100, match={"1a": 100, "2a": 90, "3a": 40})
    found = rows([snapshot(leader, told(2, commit=300), "connection refused")])
    assert [row.lag for row in found] == [0, 10, 60]


def test_lag_is_by_commit_indexes_if_the_leader_does_not_tell() -> None:
    found = rows([snapshot(told(1, commit=100, match={}), told(2, commit=93), told(3, commit=101))])
    assert [row.lag for row in found] == [0, 7, 0]


def test_without_a_leader_nobody_lags() -> None:
    orphans = [told(number, role="follower", leader="") for number in (1, 2)]
    assert [row.lag for row in rows([snapshot(*orphans)])] == [None, None]


def test_who_is_silent_has_a_reason_and_no_figures() -> None:
    row = rows([snapshot(told(1), "no answer within 1 s")])[1]
    assert (row.role, row.reason) == (UNREACHABLE, "no answer within 1 s")
    assert (row.term, row.memory) == (None, None)


def test_the_heading_sums_up() -> None:
    told_of = heading(snapshot(told(1), told(2), "connection refused"))
    assert (told_of.leader, told_of.term, told_of.answering, told_of.members) == ("n1", 5, 2, 3)
    assert told_of.quorum == 2


def test_elections_are_counted_by_who_is_up_longest() -> None:
    shot = snapshot(told(1, leader_changes=2), told(2, started=1_600_000_000.0, leader_changes=9))
    assert heading(shot).elections == 9


def test_a_deposed_leader_leads_no_more() -> None:
    old = told(1, role="leader", term=5)
    new = replace(told(2), role="leader", term=6, leader="2a")
    assert heading(snapshot(old, new, told(3, term=6, leader="2a"))).leader == "n2"


def test_a_leader_that_is_silent_is_known_from_its_followers() -> None:
    assert heading(snapshot("no answer within 1 s", told(2), told(3))).leader == "n1"
