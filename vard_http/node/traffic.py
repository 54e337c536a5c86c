"""What passes between a leader and its followers, for /v2/stats (contract 12.2, 12.3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from math import sqrt

from vard_http.node.measures import Rate
from vard_http.raft import AnyMessage, AppendEntries, AppendEntriesReply

ActiveSince = Callable[[int], float | None]


class Latency:
    """Round trips to one follower in milliseconds, and how many appends were answered or lost."""

    __slots__ = ("_squares", "_total", "current", "fail", "maximum", "minimum", "success")

    def __init__(self) -> None:
        self.current = 0.0
        self.minimum = float(1 << 63)
        self.maximum = 0.0
        self.success = 0
        self.fail = 0
        self._total = 0.0
        self._squares = 0.0

    def answered(self, seconds: float) -> None:
        """An append was answered after so long."""
        self.current = current = seconds * 1000
        self.success += 1
        self.minimum = min(self.minimum, current)
        self.maximum = max(self.maximum, current)
        self._total += current
        self._squares += current * current

    @property
    def average(self) -> float:
        return self._total / self.success if self.success else 0.0

    @property
    def standard_deviation(self) -> float:
        if not self.success:
            return 0.0
        # Rounding can bring the difference below zero.
        return sqrt(max(0.0, self._squares / self.success - self.average**2))


class Traffic:
    """AppendEntries that carry entries; heartbeats do not count, as in etcd.

    Times are time.monotonic() seconds. `active_since` says since when a peer has been reachable.
    """

    def __init__(self, active_since: ActiveSince) -> None:
        self.received = 0
        self.sent = 0
        self.received_rate = Rate()
        self.sent_rate = Rate()
        self._active_since = active_since
        self._received_bytes: dict[int, int] = {}
        self._latencies: dict[int, Latency] = {}
        self._under_way: dict[int, deque[tuple[int, float]]] = {}

    def latency(self, follower: int) -> Latency:
        """The figures of one follower; all zero for one that was never reached."""
        return self._latencies.setdefault(follower, Latency())

    def forget_all_but(self, members: Iterable[int]) -> None:
        """Members that were removed are no followers any more."""
        kept = set(members)
        for figures in (self._latencies, self._under_way):
            for gone in figures.keys() - kept:
                del figures[gone]

    def sending(self, messages: Iterable[tuple[int, AnyMessage]], now: float) -> int:
        """Note the appends among `messages`; returns how many there are."""
        appends = 0
        for follower, message in messages:
            if not isinstance(message, AppendEntries) or not message.entries:
                continue
            appends += 1
            if self._active_since(follower) is None:
                self.latency(follower).fail += 1
            else:
                waiting = self._under_way.setdefault(follower, deque(maxlen=1024))
                waiting.append((message.entries[-1].index, now))
        self.sent += appends
        return appends

    def arrived(self, leader: int, message: AppendEntries, received: int, now: float) -> None:
        """Note an append; `received` is how many bytes the leader has sent until now.

        What came beside appends, hardly anything, is taken for part of them.
        """
        if message.entries:
            size = received - self._received_bytes.get(leader, 0)
            self._received_bytes[leader] = received
            self.received += 1
            self.received_rate.note(now, 1, size)

    def answered(self, follower: int, reply: AppendEntriesReply, now: float) -> None:
        """Take the time of the appends that `reply` is about.

        What was sent over a connection that has been lost since counts as failed.
        """
        waiting = self._under_way.get(follower)
        if not waiting:
            return
        latency = self.latency(follower)
        since = self._active_since(follower)
        while waiting and (not reply.success or waiting[0][0] <= reply.index):
            _, sent = waiting.popleft()
            if since is None or sent < since:
                latency.fail += 1
            elif reply.success:
                latency.answered(now - sent)
