"""The synchronous client."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from vard_http.client import keys
from vard_http.client.authorization import basic
from vard_http.client.blocking_http import Connections, Interrupt
from vard_http.client.endpoints import Endpoints
from vard_http.client.exchange import Operation, Outcome, Pause, exchange
from vard_http.client.model import Response
from vard_http.client.requests import Call, raw_request
from vard_http.client.signatures import method_signature
from vard_http.client.tls import Tls

P = ParamSpec("P")
T = TypeVar("T")

DEFAULT_ENDPOINTS = ("http://127.0.0.1:2379",)


def _method(build: Callable[P, Call[T]]) -> Callable[Concatenate[Client, P], T]:
    """A method of the client that makes the call which `build` describes."""

    @functools.wraps(build)
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.call(build(*args, **kwargs))

    method.__signature__ = method_signature(build)  # type: ignore[attr-defined]
    return method


class Client:
    """A client of etcd's v2 API that blocks. Threads may share one.

    `endpoints` are client URLs, also as one text with commas; they are asked in turn, beginning
    with the one that answered last. `timeout` is in seconds for each request, `connect_timeout`
    for each connection. `tls` is for endpoints with https.
    """

    def __init__(
        self,
        endpoints: str | Sequence[str] = DEFAULT_ENDPOINTS,
        *,
        username: str | None = None,
        password: str | None = None,
        tls: Tls | None = None,
        timeout: float = 5.0,
        connect_timeout: float = 2.0,
    ) -> None:
        self._endpoints = Endpoints(endpoints)
        self._connections = Connections(
            None if tls is None else tls.context(),
            basic(username, password),
            timeout,
            connect_timeout,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    @property
    def endpoints(self) -> tuple[str, ...]:
        return self._endpoints.urls

    get = _method(keys.get)
    set = _method(keys.set)
    refresh = _method(keys.refresh)
    make_directory = _method(keys.make_directory)
    create_in_order = _method(keys.create_in_order)
    delete = _method(keys.delete)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | bool | None] | None = None,
        form: Mapping[str, str | int | bool | None] | None = None,
        json: Any = None,
        endpoint: str | None = None,
        timeout: float | None = None,
    ) -> Response:
        """Any request, for what has no method. Answers of any status are returned.

        Raises OutcomeUnknown, ClusterUnavailable.
        """
        request = raw_request(method, path, query, form, json)
        return self.call(Call(request, lambda response: response, endpoint, final=True), timeout)

    def call(self, call: Call[T], timeout: float | None = None) -> T:
        """Make a call; raises what it raises."""
        return self._run(exchange(call, self._endpoints, timeout))

    def _run(self, operation: Operation[T], interrupt: Interrupt | None = None) -> T:
        """Drive an operation to its end."""
        halt = interrupt or Interrupt()
        outcome: Outcome = None
        try:
            step = next(operation)
            while True:
                if isinstance(step, Pause):
                    halt.set_off.wait(step.seconds)
                    outcome = None
                else:
                    outcome = self._connections.perform(step, halt)
                step = operation.send(outcome)
        except StopIteration as end:
            result: T = end.value
            return result
