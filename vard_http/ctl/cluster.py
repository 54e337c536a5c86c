"""A cluster as etcdctl asks it: one member after the other, with etcdctl's words for failures."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.client import responses
from typing import Any, Final
from urllib.parse import urlencode

from vard_http.client import Client, ClusterUnavailable, InvalidAnswer, OutcomeUnknown, Response
from vard_http.client.requests import Call, Request
from vard_http.ctl.console import complain
from vard_http.ctl.failures import Exit, Failed, failed
from vard_http.ctl.goerrors import DEADLINE, Reason, go_reason
from vard_http.ctl.options import Options
from vard_http.govalues import quote

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"

INVALID_JSON: Final = (
    "client: response is invalid json. The endpoint is probably not valid etcd cluster endpoint"
)

_LONGEST: Final = 2_000_000.0
"""Seconds that an event is waited for; poll(2) takes no more than some 24 days."""

_NO_ENDPOINTS: Final = "client: no endpoints available"


class Unreached(Exception):
    """No member gave an answer; `reasons` are in the order of trying, in the words of Go.

    `connection` says that it was for want of connections, and nothing else. `detailed` that
    etcdctl tells every reason, and not only the first.
    """

    def __init__(self, reasons: Sequence[Reason], *, detailed: bool) -> None:
        super().__init__(reasons)
        self.connection = all(reason.connection for reason in reasons)
        self._reasons = [reason.text for reason in reasons]
        self._detailed = detailed

    def __str__(self) -> str:
        if not self._detailed:
            return self._reasons[0]
        listed = "".join(f"; error #{at}: {text}\n" for at, text in enumerate(self._reasons))
        return f"client: etcd cluster is unavailable or misconfigured{listed}"

    def failure(self, status: int) -> Failed:
        """As etcdctl's commands for keys tell it: the reasons are there twice."""
        if not self._detailed:
            return failed(status, self)
        detail = "".join(f"error #{at}: {text}\n" for at, text in enumerate(self._reasons))
        return failed(status, f"{self}\n{detail}")


@dataclass(frozen=True)
class Question:
    """A request to whichever member answers it.

    `path` is percent-encoded. `body` is None where Go sends none at all. `waits` says that the
    answer is an event, which may take any time. `once` says that etcdctl asks one member only.
    """

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    content_type: str | None = None
    waits: bool = False
    once: bool = False

    @property
    def target(self) -> str:
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


def json_question(method: str, path: str, value: Any) -> Question:
    """A request with a JSON body."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Question(method, path, body=body.encode(errors="surrogateescape"), content_type=JSON)


class Cluster:
    """The members at `endpoints`, each of which may be asked. Raises Unreached where it asks."""

    def __init__(self, client: Client, endpoints: Sequence[str], options: Options) -> None:
        self._client = client
        self._endpoints = _shuffled(endpoints)
        self._options = options

    def sync(self) -> None:
        """Puts the client URLs that the cluster tells in place of the endpoints. Raises Failed.

        A cluster that tells none for a reason other than its absence is asked as it is.
        """
        self._trace(f"start to sync cluster using endpoints({','.join(self._endpoints)})")
        try:
            response = self.ask(Question("GET", "/v2/members"))
        except Unreached as unreached:
            if unreached.connection:
                raise unreached.failure(Exit.BAD_CONNECTION) from unreached
        else:
            self._take_members(response)
        self._trace(f"got endpoints({','.join(self._endpoints)}) after sync")

    def trace_endpoints(self) -> None:
        """Tells whom it asks, if that is wanted."""
        self._trace(f"Cluster-Endpoints: {', '.join(self._endpoints)}")

    def ask(self, question: Question) -> Response:
        """The first answer of a member that has one.

        What may have been done is asked of no other member. Raises Unreached.
        """
        deadline = time.monotonic() + (self._options.total_timeout if not question.waits else 1e9)
        reasons: list[Reason] = []
        for endpoint in list(self._endpoints):
            self._trace_curl(endpoint, question)
            try:
                response = self._attempt(endpoint, question, deadline)
            except ClusterUnavailable as error:
                reasons.append(go_reason(endpoint, error))
                if time.monotonic() >= deadline:
                    raise Unreached([DEADLINE], detailed=False) from error
                if isinstance(error, OutcomeUnknown):
                    break
            else:
                if response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    self._pin(endpoint)
                    return response
                reasons.append(_server_error(endpoint, response.status))
                if question.method != "GET":
                    break
        raise Unreached(reasons, detailed=not question.once)

    def ask_one(self, endpoint: str, path: str) -> Response:
        """A member's own answer. Raises ClusterUnavailable."""
        request = Request("GET", path, repeatable=True)
        return self._client.call(Call(request, _as_it_is, endpoint, final=True))

    def _attempt(self, endpoint: str, question: Question, deadline: float) -> Response:
        request = Request(
            question.method,
            question.target,
            question.body,
            question.content_type,
            repeatable=question.method == "GET",
            hold=_LONGEST if question.waits else None,
        )
        left = max(deadline - time.monotonic(), 0.001)
        limit = self._options.timeout if not question.waits else 0
        timeout = min(limit or _LONGEST, left, _LONGEST)
        return self._client.call(Call(request, _as_it_is, endpoint, final=True), timeout)

    def _take_members(self, response: Response) -> None:
        try:
            members = response.json()["members"]
            urls = [url for member in members for url in member["clientURLs"] or ()]
        except (InvalidAnswer, KeyError, TypeError):
            return
        if not urls:
            complain("etcd cluster has no published client endpoints.")
            complain(
                "Try '--no-sync' if you want to access non-published client endpoints"
                f"({','.join(self._endpoints)})."
            )
            raise failed(Exit.SERVER_ERROR, _NO_ENDPOINTS)
        if sorted(urls) != sorted(self._endpoints):
            self._endpoints = _shuffled(urls)

    def _pin(self, endpoint: str) -> None:
        at = self._endpoints.index(endpoint)
        self._endpoints = self._endpoints[at:] + self._endpoints[:at]

    def _trace(self, line: str) -> None:
        if self._options.debug:
            complain(line)

    def _trace_curl(self, endpoint: str, question: Question) -> None:
        if self._options.debug:
            line = f"cURL Command: curl -X {question.method} {endpoint}{question.target}"
            if question.body is not None:
                line += f" -d {quote(question.body.decode(errors='replace'))}"
            complain(line)


def _as_it_is(response: Response) -> Response:
    return response


def _shuffled(endpoints: Sequence[str]) -> list[str]:
    return random.sample(endpoints, len(endpoints))


def _server_error(endpoint: str, status: int) -> Reason:
    if status in (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE):
        return Reason(f"client: etcd member {endpoint} has no leader", connection=False)
    phrase = responses.get(status, "")
    return Reason(f"client: etcd member {endpoint} returns server error [{phrase}]", False)
