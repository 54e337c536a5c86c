"""What `check` finds about agreement: health, quorum, leader, term, lag, connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.ctl.check.observations import observed, of
from tests.ctl.snapshots import HOUR, START, member, snapshot, told
from vard_http.client import Health
from vard_http.ctl.check import agreement
from vard_http.ctl.check.finding import Finding, Level
from vard_http.ctl.check.observed import Observed
from vard_http.ctl.observe.snapshot import Silence, Snapshot

OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL
REFUSED = "connection refused"
Rule = Callable[[Observed], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    agreement.health,
    agreement.quorum,
    agreement.leader,
    agreement.term,
    agreement.raft_lag,
    agreement.peers,
)


def bad(findings: list[Finding]) -> list[tuple[Level, str, str]]:
    """What is not ok, with the member it is about; each must say what to do."""
    found = [one for one in findings if one.level]
    assert all(one.advice.endswith(".") for one in found)
    return [(one.level, one.member, one.text) for one in found]


@pytest.mark.parametrize("rule", RULES)
def test_a_healthy_cluster_has_one_good_finding_each(rule: Rule) -> None:
    findings = list(rule(observed()))
    assert [(one.level, one.advice, one.member) for one in findings] == [(OK, "", "")]


def test_a_silent_member_fails() -> None:
    found = bad(list(agreement.health(observed(told(1), told(2), REFUSED))))
    assert found == [(FAIL, "n3", "unreachable: connection refused")]


def test_a_member_that_was_never_started_is_told_apart() -> None:
    shot = snapshot(told(1))
    absent = member(2, name="", client_urls=())
    shot = replace(
        shot,
        members=(*shot.members, absent),
        answers={**shot.answers, "2a": Silence("has not started yet")},
    )
    findings = list(agreement.health(of(shot, shot)))
    assert bad(findings) == [(WARN, "2a", "it has not started yet")]
    assert "--initial-cluster-state existing" in findings[0].advice


def test_a_member_that_calls_itself_sick_fails() -> None:
    seen = observed(health={"1a": Health(True), "2a": Health(False, "no leader")})
    assert bad(list(agreement.health(seen))) == [
        (FAIL, "n2", "it is not healthy: no leader"),
        (FAIL, "n3", "it is not healthy: no answer to /health"),
    ]


def test_nobody_at_all_fails() -> None:
    empty = Snapshot(0.0, "", (), {}, {"http://n1:2379": REFUSED, "http://n2:2379": "timed out"})
    found = bad(list(agreement.health(of(empty, empty))))
    told = "nobody answers at http://n1:2379: connection refused; http://n2:2379: timed out"
    assert found == [(FAIL, "", told)]
    assert list(agreement.quorum(of(empty, empty))) == []


@pytest.mark.parametrize(
    ("silent", "size", "level"),
    [(0, 1, OK), (0, 2, WARN), (0, 3, OK), (1, 3, WARN), (2, 3, FAIL), (1, 5, OK), (2, 5, WARN)],
)
def test_the_quorum_has_a_margin(silent: int, size: int, level: Level) -> None:
    answers = [told(n) if n <= size - silent else REFUSED for n in range(1, size + 1)]
    (finding,) = agreement.quorum(observed(*answers))
    assert finding.level == level


def test_learners_do_not_count_for_the_quorum() -> None:
    (finding,) = agreement.quorum(observed(told(1), told(2), told(3), told(4, role="learner")))
    assert finding.text == "3 of 3 voters take part, 2 are needed: 1 more may be lost"


def test_who_is_cut_off_from_the_leader_does_not_count_for_the_quorum() -> None:
    alone = told(3, leader="", role="candidate")
    (finding,) = agreement.quorum(observed(told(1), told(2), alone))
    assert (finding.level, finding.text[:11]) == (WARN, "2 of 3 vote")


def test_without_a_leader_it_fails() -> None:
    orphans = [told(number, role="follower", leader="") for number in (1, 2, 3)]
    assert bad(list(agreement.leader(observed(*orphans)))) == [(FAIL, "", "there is none")]


def test_a_member_with_another_leader_fails() -> None:
    seen = observed(told(1), told(2), told(3, leader="2a", term=4))
    assert bad(list(agreement.leader(seen))) == [(FAIL, "n3", "it follows n2, not n1")]


def test_a_member_that_follows_nobody_fails() -> None:
    seen = observed(told(1), told(2), told(3, leader="", role="candidate"))
    assert bad(list(agreement.leader(seen))) == [(FAIL, "n3", "it follows nobody, not n1")]


def test_a_leader_that_does_not_answer_here_is_worth_a_warning() -> None:
    assert bad(list(agreement.leader(observed(REFUSED, told(2), told(3))))) == [
        (WARN, "", "all who answer follow n1, which does not")
    ]


def test_a_term_that_moves_is_worth_a_warning() -> None:
    before = snapshot(*(told(number, term=5) for number in (1, 2, 3)))
    after = snapshot(*(told(number, term=8) for number in (1, 2, 3)), at=2.0)
    assert bad(list(agreement.term(of(before, after)))) == [
        (WARN, "", "it went from 5 to 8 within 2 s: there are elections")
    ]


def test_terms_that_differ_are_worth_a_warning() -> None:
    found = bad(list(agreement.term(observed(told(1), told(2), told(3, term=4)))))
    assert found == [(WARN, "", "it differs: n1 5, n2 5, n3 4")]


@pytest.mark.parametrize(
    ("changes", "hours", "warned"), [(3, 0.1, False), (4, 1, True), (4, 2, False), (100, 20, True)]
)
def test_many_elections_in_a_short_life_are_worth_a_warning(
    changes: int, hours: float, warned: bool
) -> None:
    one = told(1, leader_changes=changes, started=START + HOUR - hours * HOUR)
    found = bad(list(agreement.term(observed(one, told(2), told(3)))))
    assert [who for _, who, _ in found] == (["n1"] if warned else [])


@pytest.mark.parametrize(("missing", "level"), [(1000, OK), (1001, WARN), (5001, FAIL)])
def test_a_member_far_behind_is_told(missing: int, level: Level) -> None:
    leader = told(1, commit=9000, applied=9000, match={"2a": 9000, "3a": 9000 - missing})
    behind = told(3, commit=9000 - missing, applied=9000 - missing)
    findings = list(agreement.raft_lag(observed(leader, told(2), behind)))
    assert [(one.level, one.member) for one in findings] == [(level, "n3" if level else "")]


def test_committed_entries_that_are_not_applied_are_told() -> None:
    found = bad(
        list(
            agreement.raft_lag(
                observed(
                    told(1, commit=5000, applied=100, match={}), told(2, commit=5000, applied=5000)
                )
            )
        )
    )
    assert found == [(WARN, "n1", "it has 4900 committed entries to apply")]


def test_members_cut_off_from_each_other_are_told() -> None:
    cut = told(2, connected={"1a": True, "3a": False})
    assert bad(list(agreement.peers(observed(told(1), cut, told(3))))) == [
        (FAIL, "n2", "it is not connected to n3")
    ]


def test_no_connection_to_who_is_silent_is_no_news() -> None:
    cut = told(2, connected={"1a": True, "3a": False})
    assert bad(list(agreement.peers(observed(told(1), cut, REFUSED)))) == []


def test_figures_that_etcd_lacks_are_passed_over() -> None:
    bare = told(1, match={}, connected={}, leader_changes=None, started=None)
    seen: Observed = observed(bare)
    for rule in RULES:
        assert bad(list(rule(seen))) == []
