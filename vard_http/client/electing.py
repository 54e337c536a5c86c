"""Who leads: the election's queue, seen from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vard_http.client.endpoints import Endpoints
from vard_http.client.exchange import Operation, exchange
from vard_http.client.model import Response
from vard_http.client.queueing import Queue, patiently, read_queue, text_of
from vard_http.client.requests import Call
from vard_http.client.watching import Watching


@dataclass(frozen=True, slots=True)
class Leader:
    """The one that leads: what it said in `campaign`, and the index that grows with each leader."""

    value: str
    fencing_index: int


def read_leader(directory: str) -> Call[Leader | None]:
    """The leader now (a quorum read), None without one."""
    call = read_queue(directory)
    read: Callable[[Response], Queue] = call.read
    return Call(call.request, lambda response: leader_of(read(response)))


def leader_of(queue: Queue) -> Leader | None:
    """The owner of the first place."""
    if not queue.places:
        return None
    first = queue.places[0]
    return Leader(text_of(first), first.created_index)


class Observing:
    """The leaders of an election, one after the other."""

    def __init__(self, endpoints: Endpoints, directory: str) -> None:
        self._endpoints = endpoints
        self._directory = directory
        self._watch: Watching | None = None
        self._leader: Leader | None = None

    def next(self) -> Operation[Leader | None]:
        """The leader as it is now, at first; then whenever there is another, or none.

        One that led only while the queue was being read is not told. Raises ClusterUnavailable
        the first time, EtcdError.
        """
        if self._watch is None:
            queue = yield from exchange(read_queue(self._directory), self._endpoints)
            self._watch = Watching(
                self._endpoints, self._directory, recursive=True, after_index=queue.index
            )
            self._leader = leader_of(queue)
            return self._leader
        while True:
            yield from self._watch.next()
            now = yield from patiently(read_leader(self._directory), self._endpoints)
            if now != self._leader:
                self._leader = now
                return now
