"""Members, health, versions and statistics as calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from vard_http.client.errors import InvalidAnswer
from vard_http.client.model import Health, Member, Response, Version, raise_refusal
from vard_http.client.requests import Call, Request, get_request, json_request, key_path

T = TypeVar("T")


def members() -> Call[tuple[Member, ...]]:
    """The members, as one of them knows them. Raises ClusterUnavailable."""
    return Call(
        get_request("/v2/members"),
        parsed(lambda body: tuple(_member(each) for each in body["members"])),
    )


def leader() -> Call[Member]:
    """The member that leads. Raises ApiError (503) during an election."""
    return Call(get_request("/v2/members/leader"), parsed(_member), final=True)


def add_member(peer_urls: Sequence[str]) -> Call[Member]:
    """Make room for a member with these peer URLs, to be started then.

    Raises ApiError: 400 for a URL, 409 for one that is taken, 500 where the cluster would be at
    risk; OutcomeUnknown.
    """
    request = json_request("POST", "/v2/members", {"peerURLs": _listed(peer_urls)})
    return Call(request, parsed(_member), final=True)


def update_member(id: str, peer_urls: Sequence[str]) -> Call[None]:
    """Give a member other peer URLs. Raises ApiError (404, 409, 500), OutcomeUnknown."""
    request = json_request("PUT", _path(id), {"peerURLs": _listed(peer_urls)})
    return Call(request, raise_refusal, final=True)


def remove_member(id: str) -> Call[None]:
    """Take a member out for good. Raises ApiError: 404, 410 if it was removed before, 500 where
    the cluster would lose its quorum; OutcomeUnknown."""
    return Call(Request("DELETE", _path(id)), raise_refusal, final=True)


def health(endpoint: str | None = None) -> Call[Health]:
    """Whether the member at `endpoint` (or one) can have something agreed upon.

    Raises ClusterUnavailable if it does not answer.
    """
    return Call(get_request("/health"), _health, endpoint, final=True)


def version(endpoint: str | None = None) -> Call[Version]:
    """The versions of the member at `endpoint` (or of one) and of its cluster."""
    read = parsed(lambda body: Version(body["etcdserver"], body["etcdcluster"]))
    return Call(get_request("/version"), read, endpoint)


def store_stats(endpoint: str | None = None) -> Call[dict[str, int]]:
    """What the member has counted, by etcd's names: getsSuccess, setsFail, watchers ..."""
    read = parsed(lambda body: {str(name): int(count) for name, count in body.items()})
    return Call(get_request("/v2/stats/store"), read, endpoint)


def self_stats(endpoint: str | None = None) -> Call[dict[str, Any]]:
    """The member's name, id, state and leader, as in etcd's JSON."""
    return Call(get_request("/v2/stats/self"), parsed(dict), endpoint)


def leader_stats(endpoint: str | None = None) -> Call[dict[str, Any]]:
    """The leader's view of its followers, as in etcd's JSON.

    Raises ApiError (403) if the member does not lead.
    """
    return Call(get_request("/v2/stats/leader"), parsed(dict), endpoint)


def client_urls(members: Sequence[Member]) -> list[str]:
    """Where clients find these members, each URL once."""
    return list(dict.fromkeys(url for member in members for url in member.client_urls))


def parsed(read: Callable[[Any], T]) -> Callable[[Response], T]:
    """A reader of JSON answers that raises refusals, and InvalidAnswer for another shape."""

    def checked(response: Response) -> T:
        raise_refusal(response)
        body = response.json()
        try:
            return read(body)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise InvalidAnswer(f"not as etcd answers: {response.body[:200]!r}") from None

    return checked


def _member(raw: Any) -> Member:
    return Member(
        id=raw["id"],
        name=raw["name"],
        peer_urls=tuple(raw["peerURLs"] or ()),
        client_urls=tuple(raw["clientURLs"] or ()),
    )


def _health(response: Response) -> Health:
    if response.status not in (200, 503):
        raise_refusal(response)
    body = response.json()
    if not isinstance(body, dict) or "health" not in body:
        raise InvalidAnswer(f"not as etcd answers: {response.body[:200]!r}")
    return Health(str(body["health"]).lower() == "true", str(body.get("reason", "")))


def _path(id: str) -> str:
    if not id or "/" in id:
        raise ValueError(f"not the id of a member: {id!r}")
    return key_path(id).replace("/v2/keys/", "/v2/members/", 1)


def _listed(urls: Sequence[str]) -> list[str]:
    """Raises ValueError for a text, which is a sequence too."""
    if isinstance(urls, str) or not urls:
        raise ValueError(f"a list of URLs is needed: {urls!r}")
    return list(urls)
