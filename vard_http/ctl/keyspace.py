"""/v2/keys as etcdctl asks it: the requests for keys, and what the answers mean."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from vard_http.client import Response
from vard_http.ctl.cluster import FORM, INVALID_JSON, Cluster, Question, Unreached
from vard_http.ctl.failures import Exit, failed

Node = dict[str, Any]
"""A node as in the server's JSON."""

# What Go leaves as it is in a path.
_SAFE: Final = "$&+,/:;=@"

_EMPTY: Final = "client: response body is empty"


@dataclass(frozen=True)
class Event:
    """What was done to a key, or seen of one; `index` is the X-Etcd-Index of the answer."""

    action: str
    node: Node
    prev_node: Node | None
    index: int


class Keys:
    """The keys of a cluster. All methods raise Failed with status 4, as etcdctl's commands do."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def get(
        self, key: str, *, recursive: bool = False, sort: bool = False, quorum: bool = False
    ) -> Event:
        flags = {"quorum": quorum, "recursive": recursive, "sorted": sort}
        query = tuple((name, str(given).lower()) for name, given in flags.items())
        return self._event(Question("GET", key_path(key), query))

    def set(
        self,
        key: str,
        value: str,
        *,
        ttl: int = 0,
        prev_value: str = "",
        prev_index: int = 0,
        prev_exist: bool | None = None,
    ) -> Event:
        """Writes a file; a condition that is empty, 0 or None is none."""
        query = _conditions(prev_exist=prev_exist, prev_index=prev_index, prev_value=prev_value)
        form = _form(value=value, ttl=ttl)
        return self._event(_put(key, query, form, once=prev_exist is False))

    def make_directory(self, key: str, *, ttl: int = 0, prev_exist: bool | None = None) -> Event:
        query = [("dir", "true"), *_conditions(prev_exist=prev_exist)]
        return self._event(_put(key, query, _form(ttl=ttl), once=prev_exist is False))

    def create_in_order(self, directory: str, value: str, *, ttl: int = 0) -> Event:
        body = _form(value=value, ttl=ttl)
        question = Question("POST", key_path(directory), body=body, content_type=FORM)
        return self._event(question)

    def delete(
        self,
        key: str,
        *,
        recursive: bool = False,
        directory: bool = False,
        prev_value: str = "",
        prev_index: int = 0,
    ) -> Event:
        query = [
            *([("dir", "true")] if directory else []),
            *_conditions(prev_index=prev_index, prev_value=prev_value),
            *([("recursive", "true")] if recursive else []),
        ]
        question = Question("DELETE", key_path(key), tuple(query), content_type=FORM, once=True)
        return self._event(question)

    def watch(self, key: str, *, recursive: bool, after_index: int) -> Iterator[Event]:
        """One event after the other; from now on if `after_index` is 0."""
        wait_index = after_index + 1 if after_index > 0 else 0
        while True:
            query = (
                ("recursive", str(recursive).lower()),
                ("wait", "true"),
                ("waitIndex", str(wait_index)),
            )
            event = self._next_event(Question("GET", key_path(key), query, waits=True))
            if event is not None:
                yield event
                wait_index = event.node["modifiedIndex"] + 1

    def _event(self, question: Question) -> Event:
        event = self._next_event(question)
        if event is None:
            raise failed(Exit.SERVER_ERROR, _EMPTY)
        return event

    def _next_event(self, question: Question) -> Event | None:
        """None if the server ended a watch without an event."""
        try:
            response = self._cluster.ask(question)
        except Unreached as unreached:
            raise unreached.failure(Exit.SERVER_ERROR) from unreached
        if response.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            raise failed(Exit.SERVER_ERROR, refusal(response.body))
        return _read_event(response) if response.body else None


def key_path(key: str) -> str:
    """The percent-encoded path of a key, cleaned as Go does it: `a b` is `/v2/keys/a%20b`."""
    path = "/v2/keys" + (key if key.startswith("/") or not key else f"/{key}")
    clean = posixpath.normpath(path)
    if path.endswith("/") and clean != "/":
        clean += "/"
    return quote(clean.encode(errors="surrogateescape"), safe=_SAFE)


def refusal(body: bytes) -> str:
    """Why the server refused: `100: Key not found (/a) [7]`."""
    try:
        error = json.loads(body)
        code, index = error.get("errorCode", 0), error.get("index", 0)
        return f"{code}: {error.get('message', '')} ({error.get('cause', '')}) [{index}]"
    except (ValueError, AttributeError):
        return INVALID_JSON


def _read_event(response: Response) -> Event:
    try:
        body = json.loads(response.body)
        return Event(
            body["action"], body["node"], body.get("prevNode"), response.number("x-etcd-index")
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise failed(Exit.SERVER_ERROR, INVALID_JSON) from error


def _put(key: str, query: list[tuple[str, str]], body: bytes, *, once: bool) -> Question:
    return Question("PUT", key_path(key), tuple(query), body, FORM, once=once)


def _conditions(
    *, prev_exist: bool | None = None, prev_index: int = 0, prev_value: str = ""
) -> list[tuple[str, str]]:
    return [
        *([("prevExist", str(prev_exist).lower())] if prev_exist is not None else []),
        *([("prevIndex", str(prev_index % (1 << 64)))] if prev_index else []),
        *([("prevValue", prev_value)] if prev_value else []),
    ]


def _form(*, value: str | None = None, ttl: int = 0) -> bytes:
    pairs = [*([("ttl", str(ttl))] if ttl > 0 else [])]
    if value is not None:
        pairs.append(("value", value))
    return urlencode(pairs, errors="surrogateescape").encode()
