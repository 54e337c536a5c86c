"""Watchers and who is told of which event (contract 10.2, 10.4, 10.6)."""

from __future__ import annotations

from collections.abc import Callable

from vard_http.store.event import Event
from vard_http.store.tree import Directory, locate, split

Deliver = Callable[[Event], bool]
"""Takes an event; False says that the watcher can take no more and is to be dropped."""

Ended = Callable[[], None]


class Watcher:
    """One watch of one path.

    `start_index` is the etcd index at registration (the X-Etcd-Index of the answer), `since` the
    first event index that counts. `ended` is called if no more events can be told it, though there
    were some.
    """

    __slots__ = ("_hub", "deliver", "ended", "path", "recursive", "since", "start_index", "stream")

    def __init__(
        self,
        path: bytes,
        *,
        recursive: bool,
        stream: bool,
        since: int,
        start_index: int,
        deliver: Deliver,
        ended: Ended,
    ) -> None:
        self.path = path
        self.recursive = recursive
        self.stream = stream
        self.since = since
        self.start_index = start_index
        self.deliver: Deliver | None = deliver
        self.ended: Ended | None = ended
        self._hub: WatcherHub | None = None

    @property
    def registered(self) -> bool:
        """Whether live events can still come."""
        return self._hub is not None

    def cancel(self) -> None:
        """Hear no more. Harmless when already removed."""
        if self._hub is not None:
            self._hub.remove(self)


class WatcherHub:
    """The registered watchers by path, each path's in order of registration.

    A `deliver` that raises loses its watcher like one that returns False; the exception goes to
    `failed`, never to the writer.
    """

    def __init__(self) -> None:
        self._watchers: dict[bytes, dict[Watcher, None]] = {}
        self.count = 0
        self.failed: Callable[[Exception], None] | None = None

    def add(self, watcher: Watcher) -> None:
        """Register `watcher` for live events."""
        watcher._hub = self
        self._watchers.setdefault(watcher.path, {})[watcher] = None
        self.count += 1

    def remove(self, watcher: Watcher) -> None:
        """Take a registered watcher out.

        It lets go of its receiver, so that a watcher kept by its own receiver is not a cycle.
        """
        at_path = self._watchers[watcher.path]
        del at_path[watcher]
        if not at_path:
            del self._watchers[watcher.path]
        watcher._hub = None
        watcher.deliver = watcher.ended = None
        self.count -= 1

    def answer(self, watcher: Watcher, event: Event) -> None:
        """Give an event of the past to a watcher that is not registered, as its only one."""
        deliver, watcher.deliver = watcher.deliver, None
        if deliver is not None:
            self._deliver(deliver, event)

    def notify(self, event: Event) -> None:
        """Tell the watchers on every path from the root down to the event's own."""
        path = event.path
        self._notify_at(b"/", event, deleted=False)
        end = path.find(b"/", 1)
        while end > 0:
            self._notify_at(path[:end], event, deleted=False)
            end = path.find(b"/", end + 1)
        self._notify_at(path, event, deleted=False)

    def notify_removed(self, event: Event, removed: Directory | None) -> None:
        """Tell those whom only a removal concerns: watchers on the removed key and below it.

        Below it only paths that exist in the `removed` directory are told. A stream watcher on
        the key itself hears of it again from `notify`, as in etcd.
        """
        if removed is not None:
            below = event.path + b"/"
            for path in [path for path in self._watchers if path.startswith(below)]:
                names = split(path[len(event.path) :])
                if locate(removed, names)[1] == len(names):
                    self._notify_at(path, event, deleted=True)
        self._notify_at(event.path, event, deleted=True)

    def notify_missed(self, event: Event) -> None:
        """Tell of an event that happened while this member was out of touch.

        What a removed directory held is not known any more, so all watchers below it are told.
        """
        if event.removes_directory:
            below = event.path + b"/"
            for path in [path for path in self._watchers if path.startswith(below)]:
                self._notify_at(path, event, deleted=True)
        self.notify(event)

    def end(self, before: int) -> None:
        """Drop those for whom there may have been an event before index `before`, and say so."""
        everyone = [watcher for at_path in self._watchers.values() for watcher in at_path]
        for watcher in everyone:
            ended = watcher.ended
            if watcher.since < before and ended is not None:
                self.remove(watcher)
                try:
                    ended()
                except Exception as error:
                    self._report(error)

    def _notify_at(self, path: bytes, event: Event, *, deleted: bool) -> None:
        at_path = self._watchers.get(path)
        if at_path is None:
            return
        original = path == event.path
        if not original and _is_hidden(path, event.path):
            return
        everyone = original or deleted
        index = event.index
        for watcher in list(at_path):
            deliver = watcher.deliver  # None if an earlier receiver has just cancelled it
            if index < watcher.since or deliver is None or not (everyone or watcher.recursive):
                continue
            if not watcher.stream:
                self.remove(watcher)
                self._deliver(deliver, event)
            elif not self._deliver(deliver, event):
                watcher.cancel()

    def _deliver(self, deliver: Deliver, event: Event) -> bool:
        try:
            return deliver(event)
        except Exception as error:
            self._report(error)
            return False

    def _report(self, error: Exception) -> None:
        if self.failed is not None:
            self.failed(error)


def _is_hidden(watched: bytes, path: bytes) -> bool:
    """Whether `path` has a name that starts with `_` below the watched path."""
    return len(path) > len(watched) and b"/_" in b"/" + path[len(watched) :]
