"""/metrics of both servers after the same requests: names, types, texts, labels and counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.harness.processes import Kind, Server, start_server
from tests.harness.wire import FORM

pytestmark = pytest.mark.etcd

NOT_HERE = ("_grpc", "_mvcc_", "_lease_", "_bbolt", "_defrag", "etcd_snap_", "rebalance", "spill")
"""Parts of the names of what belongs to etcd's v3 API and storage."""

ONLY_ETCD = {
    "etcd_debugging_auth_revision",
    "etcd_debugging_disk_backend_commit_write_duration_seconds",
    "etcd_debugging_snap_save_marshalling_duration_seconds",
    "etcd_disk_backend_snapshot_duration_seconds",
    "etcd_disk_wal_write_bytes",
    "etcd_disk_wal_write_bytes_total",
    "etcd_server_go_version",
    "etcd_server_heartbeat_send_failures",
    "etcd_server_learner_promote_successes",
    "etcd_server_slow_apply",
    "etcd_server_slow_read_indexes",
    "etcd_server_snapshot_apply_in_progress_total",
}
GAUGES_HERE = {"etcd_server_health_failures", "etcd_server_health_success"}
ONLY_OURS = {
    "vard_build_info",
    "vard_database_size_bytes",
    "vard_disk_free_bytes",
    "vard_nospace_alarm",
    "vard_raft_term",
    "vard_store_size_bytes",
}

REQUESTS = (
    ("PUT", "a", "", b"value=1"),
    ("PUT", "a", "", b"value=2"),
    ("PUT", "a/b", "", b"value=2"),
    ("GET", "a", "", b""),
    ("GET", "a", "quorum=true", b""),
    ("GET", "a", "quorum=true&wait=true", b""),
    ("GET", "", "recursive=true", b""),
    ("GET", "missing", "", b""),
    ("HEAD", "a", "", b""),
    ("GET", "a", "wait=nonsense", b""),
    ("POST", "queue", "", b"value=1"),
    ("PUT", "c", "prevExist=false", b"value=1"),
    ("PUT", "c", "prevExist=false", b"value=1"),
    ("PUT", "c", "prevExist=true", b"value=1"),
    ("PUT", "c", "prevValue=no", b"value=1"),
    ("PUT", "c", "prevValue=1", b"value=2"),
    ("DELETE", "c", "prevValue=2", b""),
    ("PUT", "a/b", "prevExist=false", b"value=1"),
    ("POST", "a", "", b"value=1"),
    ("DELETE", "a", "", b""),
    ("DELETE", "a", "", b""),
    ("GET", "a", "wait=true&waitIndex=4", b""),
)

COUNTED = (
    "etcd_http_received",
    "etcd_http_failed",
    "etcd_debugging_store_reads",
    "etcd_debugging_store_writes",
    "etcd_debugging_store_expires",
    "etcd_debugging_store_watch_requests",
    "etcd_debugging_store_watchers",
    "etcd_server_has_leader",
    "etcd_server_is_leader",
    "etcd_server_is_learner",
    "etcd_server_leader_changes_seen",
    "etcd_server_proposals_pending",
    "etcd_server_proposals_failed",
    "etcd_server_version",
    "etcd_cluster_version",
    "etcd_server_health_success",
    "etcd_server_health_failures",
)


class Scraped(NamedTuple):
    """The families of one server by the name without `_total`."""

    families: Mapping[str, Metric]

    def samples(self, name: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        return {
            (sample.name.removesuffix("_total"), tuple(sorted(sample.labels.items()))): sample.value
            for sample in self.families[name].samples
        }


def after_the_requests(kind: Kind) -> Scraped:
    with start_server(kind) as server:
        _ask(server)
        with server.connect() as connection:
            text = connection.request("GET", "/metrics").body.decode()
    return Scraped({family.name: family for family in text_string_to_metric_families(text)})


def _ask(server: Server) -> None:
    with server.connect() as connection:
        for method, key, query, body in REQUESTS:
            headers = {"Content-Type": FORM} if body else {}
            connection.request(method, f"/v2/keys/{key}?{query}", headers, body)
        connection.request("GET", "/health")
        connection.request("PUT", "/v2/keys/soon", {"Content-Type": FORM}, b"value=1&ttl=1")
        connection.request("GET", "/v2/keys/soon?wait=true")


@pytest.fixture(scope="module")
def both() -> tuple[Scraped, Scraped]:
    return after_the_requests("etcd"), after_the_requests("vard")


def ours(name: str) -> bool:
    return not any(part in name for part in NOT_HERE) and name not in ONLY_ETCD


def test_every_metric_of_etcd_that_can_be_here_is_here(both: tuple[Scraped, Scraped]) -> None:
    etcd, vard = both
    wanted = {name for name in etcd.families if name.startswith(("etcd_", "process_", "os_"))}
    assert {name for name in wanted if ours(name)} - vard.families.keys() == set()


def test_names_types_and_texts_are_etcds(both: tuple[Scraped, Scraped]) -> None:
    etcd, vard = both
    for name in etcd.families.keys() & vard.families.keys():
        theirs, own = etcd.families[name], vard.families[name]
        assert own.documentation == theirs.documentation
        assert own.type == ("gauge" if name in GAUGES_HERE else theirs.type), name


def test_our_own_are_few_and_told_by_their_names(both: tuple[Scraped, Scraped]) -> None:
    _, vard = both
    assert {name for name in vard.families if name.startswith("vard_")} == ONLY_OURS


@pytest.mark.parametrize("name", COUNTED)
def test_the_same_requests_count_the_same(name: str, both: tuple[Scraped, Scraped]) -> None:
    etcd, vard = both
    assert vard.samples(name) == etcd.samples(name)


@pytest.mark.parametrize(
    "name",
    [
        "etcd_http_successful_duration_seconds",
        "etcd_disk_wal_fsync_duration_seconds",
        "etcd_disk_backend_commit_duration_seconds",
        "etcd_debugging_snap_save_total_duration_seconds",
    ],
)
def test_histograms_have_etcds_buckets(name: str, both: tuple[Scraped, Scraped]) -> None:
    etcd, vard = both
    assert vard.samples(name).keys() == etcd.samples(name).keys()


def test_durations_are_counted_and_plausible(both: tuple[Scraped, Scraped]) -> None:
    _, vard = both
    durations = vard.samples("etcd_http_successful_duration_seconds")
    put = (("method", "PUT"),)
    assert durations["etcd_http_successful_duration_seconds_count", put] == 6
    assert 0 < durations["etcd_http_successful_duration_seconds_sum", put] < 5
    syncs = vard.samples("etcd_disk_wal_fsync_duration_seconds")
    assert syncs["etcd_disk_wal_fsync_duration_seconds_count", ()] > 10
    assert 0 < syncs["etcd_disk_wal_fsync_duration_seconds_sum", ()] < 10
