"""What the server's answers mean: records that hold what its JSON tells."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vard_http.client.errors import ApiError, ClientError, InvalidAnswer, etcd_error


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer as it came. Names in `headers` are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's JSON value. Raises InvalidAnswer."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise InvalidAnswer(f"status {self.status}, {self.body[:200]!r}") from None

    def number(self, name: str) -> int:
        """The header field `name` as a number, 0 where it is missing or none."""
        text = self.headers.get(name.lower(), "")
        return int(text) if text.isascii() and text.isdigit() else 0


@dataclass(frozen=True, slots=True)
class Node:
    """A file or directory of the key space.

    `value` is None for directories and for what was deleted; `nodes` are the children that the
    answer shows; `ttl` is what was left, in seconds, when the server answered. The root has the
    key "/" and indexes of 0.
    """

    key: str
    value: str | None = None
    dir: bool = False
    nodes: tuple[Node, ...] = ()
    created_index: int = 0
    modified_index: int = 0
    ttl: int | None = None
    expiration: datetime.datetime | None = None

    def leaves(self) -> Iterator[Node]:
        """Every file in this node's tree, as far as the answer shows it, in the answer's order."""
        if not self.dir:
            yield self
        for node in self.nodes:
            yield from node.leaves()


@dataclass(frozen=True, slots=True)
class Result:
    """What an operation did, or what a watch saw.

    `etcd_index` is the index of a write's own event; for reads, the index up to which the state
    shown is complete, so that `watch(key, after_index=result.etcd_index)` misses nothing. For
    events of a watch it is the index when the watch was registered; the event's own index is
    `node.modified_index`.
    """

    action: str
    node: Node
    prev_node: Node | None = None
    etcd_index: int = 0
    raft_index: int = 0
    raft_term: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the cluster; `name` is "" and `client_urls` empty until it has started."""

    id: str
    name: str
    peer_urls: tuple[str, ...]
    client_urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a member can have something agreed upon, and why not, where it says so."""

    healthy: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """The version a member has, and the one its cluster keeps to."""

    server: str
    cluster: str


@dataclass(frozen=True, slots=True)
class Role:
    """A role; patterns that end in `*` match by prefix."""

    name: str
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    """A user and the names of the roles it has."""

    name: str
    roles: tuple[str, ...] = field(default=())


def read_result(response: Response) -> Result:
    """The meaning of an answer of /v2/keys. Raises EtcdError, or ApiError where it is not JSON."""
    raise_refusal(response)
    body = response.json()
    try:
        prev = body.get("prevNode")
        return Result(
            action=body["action"],
            node=_node(body.get("node") or {}),
            prev_node=None if prev is None else _node(prev),
            etcd_index=response.number("x-etcd-index"),
            raft_index=response.number("x-raft-index"),
            raft_term=response.number("x-raft-term"),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InvalidAnswer(f"not an event: {response.body[:200]!r}") from None


def raise_refusal(response: Response) -> None:
    """Raises EtcdError or ApiError if the server refused."""
    if response.status >= 300:
        raise refusal(response)


def refusal(response: Response) -> ClientError:
    """The exception for an answer with a status of 300 or more."""
    try:
        body = json.loads(response.body)
        if "errorCode" in body:
            return etcd_error(
                int(body["errorCode"]),
                str(body.get("message", "")),
                str(body.get("cause", "")),
                int(body.get("index", 0)),
            )
        return ApiError(response.status, str(body["message"]))
    except (ValueError, KeyError, TypeError):
        text = response.body[:200].decode(errors="replace").strip()
        return ApiError(response.status, text or "no reason given")


def _node(raw: dict[str, Any]) -> Node:
    expiration = raw.get("expiration")
    is_dir = bool(raw.get("dir", False))
    return Node(
        key=raw.get("key", "/"),
        value=raw.get("value"),
        dir=is_dir,
        nodes=tuple(map(_node, raw.get("nodes") or ())),
        created_index=raw.get("createdIndex", 0),
        modified_index=raw.get("modifiedIndex", 0),
        ttl=raw.get("ttl"),
        expiration=None if expiration is None else _moment(expiration),
    )


_FRACTION = re.compile(r"\.(\d+)")


def _moment(text: str) -> datetime.datetime | None:
    """RFC 3339; Go gives up to 9 digits, Python keeps 6. Years Python cannot hold give None."""
    cut = _FRACTION.sub(lambda match: f".{match[1][:6]:0<6}", text)
    try:
        return datetime.datetime.fromisoformat(cut)
    except ValueError:
        return None
