"""Asking a running cluster who its members are, before this one has any data (contract 16.3)."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec
import structlog

from vard_http.config.identity import format_id
from vard_http.config.urls import address_of
from vard_http.govalues import quote
from vard_http.node.errors import StartError

log = structlog.get_logger("start")

JOIN_SECONDS: Final = 10.0
BOOTSTRAP_SECONDS: Final = 1.0

InitialCluster = Mapping[str, tuple[str, ...]]
Resolve = Callable[[str], str]
MakeContext = Callable[[], ssl.SSLContext]
"""For connections to https URLs."""


class RemoteMember(msgspec.Struct, frozen=True, rename="camel"):
    """A member as GET /members on a peer port lists it."""

    id: int
    peer_urls: tuple[str, ...] = msgspec.field(name="peerURLs", default=())
    name: str = ""
    client_urls: tuple[str, ...] = msgspec.field(name="clientURLs", default=())


class RemoteCluster(msgspec.Struct, frozen=True):
    """A running cluster; `members` are sorted by id."""

    id: int
    members: Sequence[RemoteMember]

    def __str__(self) -> str:
        """As etcd prints it in its errors."""
        members = " ".join(
            f"&{{ID:{format_id(member.id)} RaftAttributes:{{PeerURLs:{_listed(member.peer_urls)}"
            f" IsLearner:false}} Attributes:{{Name:{member.name}"
            f" ClientURLs:{_listed(member.client_urls)}}}}}"
            for member in self.members
        )
        return f"{{ClusterID:{format_id(self.id)} Members:[{members}] RemovedMemberIDs:[]}}"


_decode_members = msgspec.json.Decoder(list[RemoteMember]).decode


def join(
    cluster: InitialCluster, name: str, resolve: Resolve, make_context: MakeContext
) -> tuple[int, int]:
    """The id of the cluster that the other members of `cluster` are in, and that of member `name`.

    The running cluster must have just the members of `cluster`, by their peer URLs. Raises
    StartError with etcd's reasons.
    """
    remote = fetch_cluster(_others(cluster, name), JOIN_SECONDS, make_context, log.warning)
    if remote is None:
        raise StartError(
            "cannot fetch cluster info from peer urls:"
            " could not retrieve cluster information from the given URLs"
        )
    try:
        ids = assign_ids(cluster, remote.members, resolve)
    except ValueError as error:
        raise StartError(f"error validating peerURLs {remote}: {error}") from None
    if name not in ids:
        raise StartError(
            f"error validating peerURLs {remote}: unmatched member while checking PeerURLs"
        )
    return remote.id, ids[name]


def is_bootstrapped(
    cluster: InitialCluster, name: str, member: int, make_context: MakeContext
) -> bool:
    """Whether the other members run already, and know that `member` has started before.

    It has lost its data then; were it to begin anew, votes and entries that it had acknowledged
    would be forgotten.
    """
    remote = fetch_cluster(_others(cluster, name), BOOTSTRAP_SECONDS, make_context, log.debug)
    known = remote.members if remote is not None else ()
    return any(other.id == member and other.client_urls for other in known)


def fetch_cluster(
    urls: Iterable[str], timeout: float, make_context: MakeContext, tell: Callable[..., object]
) -> RemoteCluster | None:
    """What the first peer URL that answers says of its cluster; None if none does.

    Blocks for up to `timeout` seconds a URL. `tell` logs what is wrong with one.
    """
    for url in urls:
        try:
            return _ask(url, timeout, make_context)
        except (OSError, http.client.HTTPException, msgspec.MsgspecError, ValueError) as error:
            tell("could not get cluster response", url=url, error=str(error))
    return None


def assign_ids(
    cluster: InitialCluster, members: Sequence[RemoteMember], resolve: Resolve
) -> Mapping[str, int]:
    """Ids by the names in `cluster`, matched by peer URLs.

    `resolve` turns `host:port` into `IP:port`. Raises ValueError with etcd's reason.
    """
    if len(cluster) != len(members):
        raise ValueError("member count is unequal")
    ids: dict[str, int] = {}
    for member in members:
        difference = ""
        for name, urls in sorted(cluster.items()):
            difference = url_difference(member.peer_urls, urls, resolve)
            if not difference:
                ids[name] = member.id
                break
        else:
            raise ValueError(
                f"PeerURLs: no match found for existing member ({format_id(member.id)},"
                f" {_listed(member.peer_urls)}), last resolver error ({difference})"
            )
    return ids


def url_difference(first: Sequence[str], second: Sequence[str], resolve: Resolve) -> str:
    """Empty if both lists lead to the same places, else etcd's words for how they differ."""
    if len(first) != len(second):
        return f"len({_quoted(first)}) != len({_quoted(second)})"
    if sorted(first) == sorted(second):
        return ""
    pairs = zip(_resolved(first, resolve), _resolved(second, resolve), strict=True)
    for one, other in pairs:
        if one != other:
            return f"resolved urls: {quote(one)} != {quote(other)}"
    return ""


def _ask(url: str, timeout: float, make_context: MakeContext) -> RemoteCluster:
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection = (
        http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=make_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, parts.port, timeout=timeout)
    )
    try:
        connection.request("GET", "/members")
        response = connection.getresponse()
        members = _decode_members(response.read())
        cluster = int(response.getheader("X-Etcd-Cluster-Id", ""), 16)
    finally:
        connection.close()
    if not members:
        raise ValueError("it lists no members")
    return RemoteCluster(cluster, sorted(members, key=lambda member: member.id))


def _others(cluster: InitialCluster, name: str) -> list[str]:
    return sorted(url for other, urls in cluster.items() if other != name for url in urls)


def _resolved(urls: Iterable[str], resolve: Resolve) -> list[str]:
    return sorted(url.replace(address_of(url), resolve(address_of(url))) for url in urls)


def _listed(urls: Iterable[str]) -> str:
    return f"[{' '.join(urls)}]"


def _quoted(urls: Iterable[str]) -> str:
    return f"[{' '.join(map(quote, urls))}]"
