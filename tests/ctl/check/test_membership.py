"""What `check` finds about the list of members."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.ctl.check.observations import observed, of
from tests.ctl.snapshots import CLUSTER, member, sample, snapshot, told
from vard_http.client import Version
from vard_http.ctl.check import membership
from vard_http.ctl.check.finding import Level
from vard_http.ctl.check.observed import Observed
from vard_http.ctl.observe.poll import Listing
from vard_http.ctl.observe.snapshot import Silence

WELL = observed()
N2 = "http://n2:2379"


def with_urls(**changes: Any) -> Observed:
    """All is well but for what is at these URLs."""
    return replace(WELL, urls={**WELL.urls, **changes})


def test_all_is_well() -> None:
    rules = (membership.lists, membership.urls, membership.learners, membership.versions)
    findings = [finding for rule in rules for finding in rule(WELL)]
    assert [(one.level, one.text) for one in findings] == [
        (Level.OK, "all list the same 3"),
        (Level.OK, "those advertised lead to those who answer"),
        (Level.OK, "all run vard_http 0.1.0, cluster version 3.4.0"),
    ]


def test_a_member_of_another_cluster_fails() -> None:
    strange = {**WELL.listings, "3a": Listing("beef", WELL.after.members)}
    (finding,) = membership.lists(replace(WELL, listings=strange))
    assert (finding.level, finding.member) == (Level.FAIL, "n3")
    assert finding.text == f"it belongs to the cluster beef, others to {CLUSTER}"


def test_a_member_that_lists_others_is_told() -> None:
    strange = {**WELL.listings, "3a": Listing(CLUSTER, WELL.after.members[:2])}
    (finding,) = membership.lists(replace(WELL, listings=strange))
    assert (finding.level, finding.member) == (Level.WARN, "n3")


def test_two_members_of_one_name_are_told() -> None:
    twins = Listing(CLUSTER, (member(1), member(2, name="n1"), member(3)))
    (finding,) = membership.lists(replace(WELL, listings=dict.fromkeys(WELL.listings, twins)))
    assert (finding.level, finding.text) == (Level.WARN, "2 members have the name n1")


def test_an_url_that_gives_no_answer_is_told_if_its_member_answers_elsewhere() -> None:
    (finding,) = membership.urls(with_urls(**{N2: Silence("connection refused")}))
    assert (finding.level, finding.member) == (Level.WARN, "n2")
    assert finding.text == f"it advertises {N2}, which gives no answer here: connection refused"


def test_an_url_of_a_member_that_is_down_is_no_news() -> None:
    seen = observed(told(1), "connection refused", told(3))
    assert [one.level for one in membership.urls(seen)] == [Level.OK]


def test_an_url_that_leads_to_another_member_fails() -> None:
    (finding,) = membership.urls(with_urls(**{N2: sample(told(3))}))
    assert (finding.level, finding.member) == (Level.FAIL, "n2")
    assert finding.text == f"it advertises {N2}, where n3 answers"


def test_an_endpoint_that_is_no_member_is_told() -> None:
    elsewhere = "http://n9:2379"
    seen = replace(with_urls(**{elsewhere: sample(told(9))}), endpoints=(elsewhere,))
    (finding,) = membership.urls(seen)
    assert (finding.level, finding.text) == (Level.WARN, f"{elsewhere} answers, but is no member")


def test_learners_are_told() -> None:
    (finding,) = membership.learners(observed(told(1), told(2), told(3, role="learner")))
    assert (finding.level, finding.member) == (Level.WARN, "n3")


def test_a_mix_of_versions_is_told() -> None:
    (finding,) = membership.versions(observed(told(1), told(2), told(3, version="vard_http 0.2.0")))
    assert finding.level == Level.WARN
    assert finding.text == (
        "they differ: n1 vard_http 0.1.0, n2 vard_http 0.1.0, n3 vard_http 0.2.0"
    )


def test_an_etcd_without_that_metric_is_known_by_its_version() -> None:
    shot = snapshot(told(1, version=""))
    seen = replace(of(shot, shot), versions={"1a": Version("3.4.23", "3.4.0")})
    (finding,) = membership.versions(seen)
    assert (finding.level, finding.text) == (
        Level.OK,
        "all run etcd 3.4.23, cluster version 3.4.0",
    )
