"""Recognising the members of a running cluster by their peer URLs."""

from __future__ import annotations

import pytest

from vard_http.node.joining import RemoteCluster, RemoteMember, assign_ids, url_difference

A, B, C = "http://a:1", "http://b:1", "http://c:1"


def resolve(address: str) -> str:
    return {"a:1": "10.0.0.1:1", "alias:1": "10.0.0.1:1"}.get(address, address)


def test_ids_go_to_the_names_with_the_same_urls() -> None:
    members = [RemoteMember(1, (B,)), RemoteMember(2, ("http://alias:1",))]
    assert assign_ids({"one": (A,), "two": (B,)}, members, resolve) == {"two": 1, "one": 2}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([RemoteMember(1, (A,))], "member count is unequal"),
        (
            [RemoteMember(1, (A,)), RemoteMember(0xC, (C,))],
            r"PeerURLs: no match found for existing member \(c, \[http://c:1\]\), last resolver"
            r' error \(resolved urls: "http://c:1" != "http://b:1"\)',
        ),
    ],
)
def test_members_that_do_not_match(members: list[RemoteMember], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        assign_ids({"one": (A,), "two": (B,)}, members, resolve)


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        ([A, B], [B, A], ""),
        ([A], ["http://alias:1"], ""),
        ([A], [A, B], 'len(["http://a:1"]) != len(["http://a:1" "http://b:1"])'),
        ([A], [B], 'resolved urls: "http://10.0.0.1:1" != "http://b:1"'),
    ],
)
def test_how_lists_of_urls_differ(first: list[str], second: list[str], difference: str) -> None:
    assert url_difference(first, second, resolve) == difference


def test_a_cluster_is_printed_as_etcd_prints_it() -> None:
    cluster = RemoteCluster(0xAB, [RemoteMember(1, (A, B), "n", (C,))])
    assert str(cluster) == (
        "{ClusterID:ab Members:[&{ID:1 RaftAttributes:{PeerURLs:[http://a:1 http://b:1]"
        " IsLearner:false} Attributes:{Name:n ClientURLs:[http://c:1]}}] RemovedMemberIDs:[]}"
    )
