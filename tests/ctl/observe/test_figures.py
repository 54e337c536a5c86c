"""What members say, vard_http's and etcd's, becomes figures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vard_http.ctl.observe.exposition import Exposition
from vard_http.ctl.observe.figures import NOBODY, Figures, RaftStatus, figures

METRICS = """\
# TYPE etcd_debugging_store_watchers gauge
etcd_debugging_store_watchers 3
# TYPE etcd_disk_wal_fsync_duration_seconds histogram
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 6
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.002"} 8
etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} 9
etcd_disk_wal_fsync_duration_seconds_sum 0.05
etcd_disk_wal_fsync_duration_seconds_count 9
# TYPE etcd_http_failed_total counter
etcd_http_failed_total{code="404",method="GET"} 10
etcd_http_failed_total{code="500",method="PUT"} 2
etcd_http_failed_total{code="503",method="GET"} 1
# TYPE etcd_http_received_total counter
etcd_http_received_total{method="GET"} 100
etcd_http_received_total{method="QGET"} 5
# TYPE etcd_http_successful_duration_seconds histogram
etcd_http_successful_duration_seconds_bucket{method="GET",le="0.0005"} 1
etcd_http_successful_duration_seconds_bucket{method="GET",le="+Inf"} 2
etcd_http_successful_duration_seconds_bucket{method="PUT",le="0.0005"} 3
etcd_http_successful_duration_seconds_bucket{method="PUT",le="+Inf"} 4
# TYPE etcd_network_active_peers gauge
etcd_network_active_peers{Local="1a",Remote="2a"} 1
etcd_network_active_peers{Local="1a",Remote="3a"} 0
# TYPE etcd_server_id gauge
etcd_server_id{server_id="1a"} 1
# TYPE etcd_server_is_leader gauge
etcd_server_is_leader 1
# TYPE etcd_server_proposals_applied_total gauge
etcd_server_proposals_applied_total 41
# TYPE etcd_server_proposals_committed_total gauge
etcd_server_proposals_committed_total 42
# TYPE etcd_server_version gauge
etcd_server_version{server_version="3.4.23"} 1
"""

STATUS: dict[str, Any] = {
    "id": "1a",
    "term": 7,
    "vote": "1a",
    "commit": 44,
    "lead": "1a",
    "raftState": "StateLeader",
    "applied": 43,
    "progress": {
        "1a": {"match": 44, "next": 45, "state": "StateReplicate"},
        "2a": {"match": 40, "next": 41, "state": "StateProbe"},
    },
    "leadtransferee": "0",
}


def read(metrics: str = METRICS, **changes: Any) -> Figures:
    status = RaftStatus.parse(json.dumps({"raft.status": STATUS | changes}))
    return figures(Exposition.parse(metrics), status)


def test_raft_is_as_its_status_says() -> None:
    told = read()
    assert (told.id, told.role, told.leader) == ("1a", "leader", "1a")
    assert (told.term, told.commit, told.applied) == (7, 44, 43)
    assert told.match == {"1a": 44, "2a": 40}


@pytest.mark.parametrize(
    ("state", "role"),
    [
        ("StateFollower", "follower"),
        ("StateCandidate", "candidate"),
        ("StatePreCandidate", "candidate"),
        ("StateLeader", "leader"),
    ],
)
def test_roles_have_one_word(state: str, role: str) -> None:
    assert read(raftState=state).role == role


def test_a_learner_is_one_whatever_its_state() -> None:
    assert read(METRICS + "etcd_server_is_learner 1\n", raftState="StateFollower").role == "learner"


def test_nobody_leads_during_an_election() -> None:
    assert read(lead="0").leader == NOBODY


def test_without_a_status_the_metrics_tell_what_they_can() -> None:
    told = figures(Exposition.parse(METRICS + "vard_raft_term 9\n"), None)
    assert (told.id, told.role, told.leader) == ("1a", "leader", "1a")
    assert (told.term, told.commit, told.applied) == (9, 42, 41)


def test_requests_are_counted_by_method_and_failures_by_whose_they_are() -> None:
    told = read()
    assert told.received == {"GET": 100, "QGET": 5}
    assert told.refused == 3


def test_histograms_are_summed_over_their_labels() -> None:
    told = read()
    assert told.request_seconds is not None
    assert told.request_seconds.counts == (4, 6)
    assert told.fsync_seconds is not None
    assert told.fsync_seconds.counts == (6, 8, 9)


def test_peers_are_connected_or_not() -> None:
    assert read().connected == {"2a": True, "3a": False}


@pytest.mark.parametrize(
    ("more", "version"),
    [("", "etcd 3.4.23"), ('vard_build_info{version="0.1.0"} 1\n', "vard_http 0.1.0")],
)
def test_the_version_is_that_of_the_program(more: str, version: str) -> None:
    assert read(METRICS + more).version == version


def test_what_is_not_told_is_not_known() -> None:
    told = figures(Exposition.parse(""), None)
    assert (told.term, told.memory, told.fsync_seconds, told.no_space) == (None, None, None, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("[]", "no JSON object"),
        ('{"raft.status":', "Expecting value"),
        ('{"raft.status":{"id":"1a"}}', "raft.status without 'term'"),
    ],
)
def test_other_documents_are_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        RaftStatus.parse(text)


@pytest.mark.parametrize("text", ["{}", '{"raft.status":{}}', '{"raft.status":null}'])
def test_a_member_may_have_no_status_yet(text: str) -> None:
    assert RaftStatus.parse(text) is None


def test_metrics_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="html"):
        Exposition.parse("<html>no metrics</html>")
