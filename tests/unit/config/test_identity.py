"""Ids equal those that etcd 3.4 gives for the same settings (contract 3)."""

from vard_http.config import cluster_id, format_id, member_id


def test_defaults_give_etcds_ids() -> None:
    member = member_id(["http://localhost:2380"], "etcd-cluster")
    assert format_id(member) == "8e9e05c52164694d"
    assert format_id(cluster_id([member])) == "cdf818194e3a8c32"


def test_another_url_gives_other_ids() -> None:
    member = member_id(["http://127.0.0.1:20001"], "etcd-cluster")
    assert format_id(member) == "3eadaedce35362cf"
    assert format_id(cluster_id([member])) == "c6712e1a7517629b"


def test_the_order_of_urls_and_members_does_not_matter() -> None:
    urls = ["http://a:1", "http://b:1"]
    assert member_id(urls, "t") == member_id(reversed(urls), "t")
    assert cluster_id([1, 2**63]) == cluster_id([2**63, 1])


def test_the_token_and_every_url_matter() -> None:
    ids = {
        member_id(["http://a:1"], "t"),
        member_id(["http://a:1"], "u"),
        member_id(["http://a:1", "http://b:1"], "t"),
    }
    assert len(ids) == 3


def test_an_id_has_no_leading_zeros() -> None:
    assert format_id(0x00AB) == "ab"
    assert format_id(0) == "0"
