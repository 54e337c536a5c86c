"""The asynchronous client."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from vard_http.client import accounts, cluster, keys
from vard_http.client.asynchronous_http import Line, Sessions, run
from vard_http.client.asynchronous_locks import AsyncElection, AsyncLock
from vard_http.client.asynchronous_watch import AsyncWatch
from vard_http.client.authorization import basic
from vard_http.client.cluster import client_urls
from vard_http.client.endpoints import DEFAULT_ENDPOINTS, Endpoints
from vard_http.client.exchange import exchange
from vard_http.client.model import Response
from vard_http.client.queueing import ELECTIONS, LOCKS, owner, queue_directory
from vard_http.client.requests import Call, raw_request
from vard_http.client.signatures import method_signature
from vard_http.client.tls import Tls
from vard_http.client.watching import OnGap, Watching

P = ParamSpec("P")
T = TypeVar("T")


def _method(
    build: Callable[P, Call[T]],
) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    """A method of the client that makes the call which `build` describes."""

    @functools.wraps(build)
    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.call(build(*args, **kwargs))

    method.__signature__ = method_signature(build)  # type: ignore[attr-defined]
    return method


class AsyncClient:
    """A client of etcd's v2 API for asyncio. It belongs to one event loop.

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
        self._sessions = Sessions(
            None if tls is None else tls.context(),
            basic(username, password),
            timeout,
            connect_timeout,
        )

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._sessions.close()

    @property
    def endpoints(self) -> tuple[str, ...]:
        return self._endpoints.urls

    get = _method(keys.get)
    set = _method(keys.set)
    refresh = _method(keys.refresh)
    make_directory = _method(keys.make_directory)
    create_in_order = _method(keys.create_in_order)
    delete = _method(keys.delete)

    members = _method(cluster.members)
    leader = _method(cluster.leader)
    add_member = _method(cluster.add_member)
    update_member = _method(cluster.update_member)
    remove_member = _method(cluster.remove_member)
    health = _method(cluster.health)
    version = _method(cluster.version)
    store_stats = _method(cluster.store_stats)
    self_stats = _method(cluster.self_stats)
    leader_stats = _method(cluster.leader_stats)

    auth_enabled = _method(accounts.auth_enabled)
    enable_auth = _method(accounts.enable_auth)
    disable_auth = _method(accounts.disable_auth)
    users = _method(accounts.users)
    user = _method(accounts.user)
    add_user = _method(accounts.add_user)
    change_password = _method(accounts.change_password)
    grant_roles = _method(accounts.grant_roles)
    revoke_roles = _method(accounts.revoke_roles)
    remove_user = _method(accounts.remove_user)
    roles = _method(accounts.roles)
    role = _method(accounts.role)
    add_role = _method(accounts.add_role)
    grant_permissions = _method(accounts.grant_permissions)
    revoke_permissions = _method(accounts.revoke_permissions)
    remove_role = _method(accounts.remove_role)

    async def sync(self) -> tuple[str, ...]:
        """Take the client URLs of all members as endpoints, and return them.

        Raises ClusterUnavailable, and ValueError if no member tells one.
        """
        self._endpoints.replace(client_urls(await self.members()))
        return self._endpoints.urls

    def watch(
        self,
        key: str,
        *,
        recursive: bool = False,
        after_index: int | None = None,
        on_gap: OnGap = "resync",
    ) -> AsyncWatch:
        """Events of a file or directory (`recursive`: and all below), none lost, none twice.

        They begin behind `after_index`, such as the `etcd_index` of a `get`; without it, behind
        all that is committed when `async with` or the first event is awaited. Where the server no
        longer has the events, after a long time without a connection, a `Resync` item with the
        present state stands for them, or with `on_gap="raise"` EventIndexCleared is raised.

        Raises ClusterUnavailable, when it is awaited, if nobody answers at the start.
        """
        watching = Watching(
            self._endpoints, key, recursive=recursive, after_index=after_index, on_gap=on_gap
        )
        return AsyncWatch(watching, self._sessions)

    def lock(
        self, name: str, *, ttl: int, text: str | None = None, prefix: str = LOCKS
    ) -> AsyncLock:
        """A lock for `async with`, or for `acquire` and `release`; ttl in seconds.

        Its queue is the directory `prefix`/`name`. `text` is what others see of the holder there;
        the default is host name and process number.
        """
        directory = queue_directory(prefix, name)
        return AsyncLock(self._endpoints, self._sessions, directory, text or owner(), ttl)

    def election(self, name: str, *, ttl: int, prefix: str = ELECTIONS) -> AsyncElection:
        """An election, to `campaign` in or to `observe`; ttl in seconds."""
        directory = queue_directory(prefix, name)
        return AsyncElection(self._endpoints, self._sessions, directory, ttl)

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | bool | None] | None = None,
        form: Mapping[str, str | int | bool | None] | None = None,
        json: Any = None,
        endpoint: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 as in the blocking client
    ) -> Response:
        """Any request, for what has no method. Answers of any status are returned.

        Raises OutcomeUnknown, ClusterUnavailable.
        """
        request = raw_request(method, path, query, form, json)
        return await self.call(
            Call(request, lambda response: response, endpoint, final=True), timeout
        )

    async def call(
        self,
        call: Call[T],
        timeout: float | None = None,  # noqa: ASYNC109 of each request, not of all
    ) -> T:
        """Make a call; raises what it raises."""
        return await run(exchange(call, self._endpoints, timeout), Line(self._sessions))
