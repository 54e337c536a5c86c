"""A place in a queue of in-order keys: what locks and elections are made of.

Whoever wants the lock POSTs a key into the lock's directory. The server names keys in the order of
their creation, so the one with the lowest `createdIndex` holds the lock, and everybody else watches
only the key before its own. All keys have a TTL and are refreshed, so those of the dead go away.

Each place begins with a token, a number that nobody else has. A POST whose answer was lost may have
made a key or make one yet; all keys with our token are ours, so the first of them is the place, and
the others are deleted when they are seen. One that is never seen is not refreshed and expires.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from vard_http.client import keys
from vard_http.client.endpoints import Endpoints
from vard_http.client.errors import (
    ClusterUnavailable,
    EtcdError,
    KeyNotFound,
    NotHeld,
    OutcomeUnknown,
    RaftInternal,
)
from vard_http.client.exchange import Operation, Pause, exchange
from vard_http.client.model import Node, Response
from vard_http.client.requests import Call
from vard_http.client.watching import CHECK_SECONDS, Watching

T = TypeVar("T")

RETRY_SECONDS = 0.2

LOCKS = "/_locks"
ELECTIONS = "/_elections"


def now() -> float:
    """Seconds on a clock that also runs while the machine sleeps, as the server's TTL does."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Queue:
    """Who stands in a queue, in order, at `index`."""

    places: tuple[Node, ...]
    index: int


def read_queue(directory: str) -> Call[Queue]:
    """The queue as it is now (a quorum read); one that does not exist is empty."""
    call = keys.get(directory, sorted=True, quorum=True)

    def read(response: Response) -> Queue:
        try:
            result = call.read(response)
        except KeyNotFound as missing:
            return Queue((), missing.index)
        files = (node for node in result.node.nodes if not node.dir)
        ordered = sorted(files, key=lambda node: node.created_index)
        return Queue(tuple(ordered), result.etcd_index)

    return Call(call.request, read)


def queue_directory(prefix: str, name: str) -> str:
    """The key of a queue. Raises ValueError for an empty name."""
    if not name.strip("/"):
        raise ValueError("a lock or election needs a name")
    return f"{prefix}/{name}"


def owner() -> str:
    """Who we are, for people who look into the queue."""
    return f"{socket.gethostname()}:{os.getpid()}"


def text_of(place: Node) -> str:
    """What the owner of a place says with it."""
    return (place.value or "").partition(" ")[2]


def patiently(
    call: Call[T],
    endpoints: Endpoints,
    deadline: float | None = None,
    clock: Callable[[], float] = now,
) -> Operation[T | None]:
    """Make a call again and again while nobody answers; None if `deadline` came before.

    Raises OutcomeUnknown, and what the call raises.
    """
    while True:
        try:
            return (yield from exchange(call, endpoints))
        except OutcomeUnknown:
            raise
        except ClusterUnavailable:
            if deadline is not None and clock() >= deadline:
                return None
            yield Pause(RETRY_SECONDS)


class Place:
    """Our place in the queue `directory`. It is used once: `enter`, `keep`, `leave`.

    `ttl` is in whole seconds; `timeout` is the client's, for one request.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        directory: str,
        text: str,
        ttl: int,
        timeout: float,
        clock: Callable[[], float] = now,
    ) -> None:
        if ttl < 1:
            raise ValueError(f"ttl is in whole seconds, 1 or more: {ttl!r}")
        self._endpoints = endpoints
        self._directory = directory
        self._token = uuid.uuid4().hex
        self._value = f"{self._token} {text}"
        self._ttl = ttl
        self._timeout = timeout
        self._clock = clock
        self._node: Node | None = None
        self._in_doubt = False
        self._fresh_from = 0.0
        self._first: Node | None = None

    @property
    def held(self) -> bool:
        """Whether ours is the first place, as far as can be known here and now."""
        return (
            self._first is not None and self._node is not None and self._clock() < self._sure_until
        )

    @property
    def first(self) -> Node:
        """The key of the place since it is the first, until it is left. Raises NotHeld."""
        if self._first is None:
            raise NotHeld(f"{self._directory} is not held")
        return self._first

    def enter(self, deadline: float | None = None) -> Operation[bool]:
        """Stand in line until ours is the first place; False if `deadline` came before.

        Raises ClusterUnavailable if nobody can be asked for a place, and EtcdError.
        """
        yield from self._post()
        while True:
            queue = yield from patiently(
                read_queue(self._directory), self._endpoints, deadline, self._clock
            )
            if queue is None:
                return False
            ahead = yield from self._find(queue)
            if self._node is None:
                yield from self._post_again()
            elif ahead is not None:
                yield from self._wait_for(ahead, queue.index, deadline)
            elif (yield from self._is_fresh()):
                self._first = self._node
                return True
            if deadline is not None and self._clock() >= deadline:
                return False

    def keep(self) -> Operation[str]:
        """Refresh the place until it is lost; returns why it is."""
        while True:
            yield Pause(max(self._due() - self._clock(), 0.0))
            try:
                refreshed = yield from self._refresh(self._sure_until - self._clock())
            except EtcdError as refused:
                self._node = None
                return str(refused)
            if self._node is None:
                return "its key was deleted, or has expired"
            if not refreshed:
                if self._clock() >= self._sure_until:
                    return f"no refresh came through for {self._ttl} s"
                yield Pause(RETRY_SECONDS)

    def leave(self) -> Operation[None]:
        """Give the place up. What cannot be deleted now goes with its TTL."""
        node, self._node, self._first = self._node, None, None
        ours = [] if node is None else [node]
        with contextlib.suppress(ClusterUnavailable, EtcdError):
            if self._in_doubt:
                queue = yield from exchange(read_queue(self._directory), self._endpoints)
                ours = [place for place in queue.places if self._is_ours(place)]
            for place in ours:
                yield from self._remove(place)

    def _post(self) -> Operation[None]:
        """Ask for a place. If the answer is lost, the queue will show whether there is one."""
        sent = self._clock()
        in_doubt, self._in_doubt = self._in_doubt, True
        call = keys.create_in_order(self._directory, self._value, ttl=self._ttl)
        try:
            self._node = (yield from exchange(call, self._endpoints)).node
            self._in_doubt = in_doubt
        except OutcomeUnknown:
            yield Pause(RETRY_SECONDS)
        except (ClusterUnavailable, EtcdError):
            self._in_doubt = in_doubt
            raise
        self._fresh_from = sent

    def _post_again(self) -> Operation[None]:
        try:
            yield from self._post()
        except ClusterUnavailable:
            yield Pause(RETRY_SECONDS)

    def _find(self, queue: Queue) -> Operation[Node | None]:
        """Take the first of our places, delete the others; returns the place before ours."""
        ours = [place for place in queue.places if self._is_ours(place)]
        self._node = ours[0] if ours else None
        for spare in ours[1:]:
            with contextlib.suppress(ClusterUnavailable):
                yield from self._remove(spare)
        position = queue.places.index(ours[0]) if ours else 0
        return queue.places[position - 1] if position else None

    def _wait_for(self, ahead: Node, index: int, deadline: float | None) -> Operation[None]:
        """Wait until something happens to the place before ours, or ours is gone."""
        watch = Watching(self._endpoints, ahead.key, after_index=index)
        ends = math.inf if deadline is None else deadline
        while self._node is not None and (at := self._clock()) < ends:
            if at < self._due():
                seconds = min(self._due() - at, ends - at, CHECK_SECONDS)
                if (yield from watch.poll(seconds)) is not None:
                    return
            elif not (yield from self._refresh()):
                yield Pause(RETRY_SECONDS)

    def _is_fresh(self) -> Operation[bool]:
        """Whether the time is known for which our place is sure; asks for more where it is not."""
        if self._clock() < self._due() and not self._in_doubt:
            return True
        return (yield from self._refresh())

    @property
    def _sure_until(self) -> float:
        """Until then, on the clock, the key exists unless somebody deleted it.

        The server counts the TTL from when it reads a request, which is later than we send it.
        """
        return self._fresh_from + self._ttl

    def _due(self) -> float:
        """When to refresh: with two thirds of the TTL left for what may go wrong."""
        return self._fresh_from + self._ttl / 3

    def _refresh(self, within: float = math.inf) -> Operation[bool]:
        """Give the place its TTL anew; False if nobody could do it, or the place is gone.

        Sending it twice does no harm: it changes nothing but the time, of a key that exists.
        """
        assert self._node is not None
        count = len(self._endpoints.urls)
        timeout = max(min(self._timeout, self._ttl / 2 / count, within / count), 0.05)
        call = keys.refresh(self._node.key, ttl=self._ttl).repeatable()
        sent = self._clock()
        try:
            yield from exchange(call, self._endpoints, timeout)
        except KeyNotFound:
            self._node = None
            return False
        except (ClusterUnavailable, RaftInternal):
            return False
        self._fresh_from = sent
        return True

    def _remove(self, place: Node) -> Operation[None]:
        """Sending it twice does no harm: the server gives no name in order a second time."""
        with contextlib.suppress(KeyNotFound):
            yield from exchange(keys.delete(place.key).repeatable(), self._endpoints)

    def _is_ours(self, place: Node) -> bool:
        return (place.value or "").partition(" ")[0] == self._token
