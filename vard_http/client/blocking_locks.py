"""Locks and elections of the synchronous client."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from vard_http.client.blocking_http import Connections, Interrupted, Line, run
from vard_http.client.electing import Leader, Observing, read_leader
from vard_http.client.endpoints import Endpoints
from vard_http.client.exchange import exchange
from vard_http.client.queueing import Place, now


class Lock:
    """A lock of the cluster: `with client.lock("name", ttl=10) as lock:`.

    While it is held a thread refreshes its key. `lost` is set when the lock is lost before it
    was released: its key is gone, or could not be refreshed for `ttl` seconds. Whoever works
    under the lock should look at `lost` or `held`, and give `fencing_index` along with what it
    changes elsewhere, so that a holder that was suspended can be turned away: each holder's index
    is higher than that of all holders before. Threads that want to exclude each other need a
    `Lock` each.
    """

    def __init__(
        self, endpoints: Endpoints, connections: Connections, directory: str, text: str, ttl: int
    ) -> None:
        self._endpoints = endpoints
        self._connections = connections
        self._directory = directory
        self._text = text
        self._ttl = ttl
        self._place = self._new_place()
        self._line = Line(connections)
        self._keeper: threading.Thread | None = None
        self.busy = False
        """Whether it is held or waited for."""
        self.lost = threading.Event()
        self.reason = ""

    def acquire(self, timeout: float | None = None) -> bool:
        """Wait for the lock; False if `timeout` seconds were not enough.

        Raises ClusterUnavailable if no member can be asked at the start; EtcdError; RuntimeError
        if it is held already.
        """
        if self.busy:
            raise RuntimeError("the lock is held, or waited for, already")
        self.busy = True
        self._place = place = self._new_place()
        self._line = line = Line(self._connections)
        self.lost = threading.Event()
        self.reason = ""
        try:
            if run(place.enter(None if timeout is None else now() + timeout), line):
                keeper = threading.Thread(
                    target=self._keep, args=(place, line, self.lost), name=place.first.key
                )
                keeper.daemon = True
                keeper.start()
                self._keeper = keeper
        finally:
            line.close()
            if self._keeper is None:
                self.busy = False
                run(place.leave(), Line(self._connections))
        return self._keeper is not None

    def release(self) -> None:
        """Give the lock to the next. If no member can be reached it goes with its TTL."""
        if self._keeper is None:
            return
        self._line.interrupt()
        self._keeper.join()
        self._keeper = None
        self.busy = False
        run(self._place.leave(), Line(self._connections))

    @property
    def held(self) -> bool:
        """Whether the lock is ours, as far as can be known here and now."""
        return self._place.held and not self.lost.is_set()

    @property
    def fencing_index(self) -> int:
        """The createdIndex of the lock's key; higher with every holder. Raises NotHeld."""
        return self._place.first.created_index

    @property
    def key(self) -> str:
        """The lock's key. Raises NotHeld."""
        return self._place.first.key

    def __enter__(self) -> Lock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _new_place(self) -> Place:
        return Place(
            self._endpoints, self._directory, self._text, self._ttl, self._connections.timeout
        )

    def _keep(self, place: Place, line: Line, lost: threading.Event) -> None:
        try:
            self.reason = run(place.keep(), line)
        except Interrupted:
            return
        except Exception as error:
            self.reason = str(error)
        lost.set()


class Election:
    """An election: those who `campaign` lead one after the other.

    `with client.election("name", ttl=10) as election:` resigns at the end. `lost`, `held` and
    `fencing_index` are those of `Lock`.
    """

    def __init__(
        self, endpoints: Endpoints, connections: Connections, directory: str, ttl: int
    ) -> None:
        self._endpoints = endpoints
        self._connections = connections
        self._directory = directory
        self._ttl = ttl
        self._lock = self._candidate("")

    def campaign(self, value: str, timeout: float | None = None) -> bool:
        """Wait to be elected; observers see `value`. False after `timeout` seconds.

        Raises as `Lock.acquire` does.
        """
        if self._lock.busy:
            raise RuntimeError("this candidate leads, or waits for it, already")
        self._lock = self._candidate(value)
        return self._lock.acquire(timeout)

    def resign(self) -> None:
        """Let the next one lead."""
        self._lock.release()

    def leader(self) -> Leader | None:
        """The leader now, None without one. Raises ClusterUnavailable."""
        operation = exchange(read_leader(self._directory), self._endpoints)
        return run(operation, Line(self._connections))

    def observe(self) -> Iterator[Leader | None]:
        """The leader now, and then whenever it changes; None stands for nobody.

        A leader that leads only for a moment may be left out. Raises ClusterUnavailable at the
        start only.
        """
        observing = Observing(self._endpoints, self._directory)
        with contextlib.closing(Line(self._connections)) as line:
            while True:
                yield run(observing.next(), line)

    @property
    def lost(self) -> threading.Event:
        return self._lock.lost

    @property
    def reason(self) -> str:
        """Why the leadership was lost."""
        return self._lock.reason

    @property
    def held(self) -> bool:
        """Whether we lead, as far as can be known here and now."""
        return self._lock.held

    @property
    def fencing_index(self) -> int:
        """Higher with every leader. Raises NotHeld."""
        return self._lock.fencing_index

    def __enter__(self) -> Election:
        return self

    def __exit__(self, *_: object) -> None:
        self.resign()

    def _candidate(self, value: str) -> Lock:
        return Lock(self._endpoints, self._connections, self._directory, value, self._ttl)
