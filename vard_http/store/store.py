"""etcd's v2 store: operations with their counters, history, watchers and snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from vard_http.store.clients import ClientCache
from vard_http.store.errors import NOT_A_DIRECTORY, StoreError
from vard_http.store.event import COMPARE_AND_DELETE, DELETE, EXPIRE, GET, Event
from vard_http.store.history import EventHistory
from vard_http.store.image import Content, Image, read_image
from vard_http.store.keyspace import Keyspace
from vard_http.store.listing import Listing
from vard_http.store.stats import Stats
from vard_http.store.tree import Directory, Node, Tree, locate, new_root, split
from vard_http.store.ttl import TTLIndex
from vard_http.store.watch import Deliver, Ended, Watcher, WatcherHub

_AUTH: Final = b"2"
_AUTH_SWITCH: Final = b"enabled"


def _ignore() -> None:
    """For watchers who need not know."""


class Store:
    """The replicated key space of one member.

    Paths are clean, absolute and the store's own: user keys are below `/1`, cluster bookkeeping
    below `/0`, auth below `/2`. `now` and `expires` are nanoseconds since 1970; `expires` of None
    or 0 means never. Writes carry the time of their command, so that replicas that apply the same
    commands are the same. What raises StoreError has changed nothing but `stats`.
    """

    def __init__(self) -> None:
        self.stats = Stats()
        self.history = EventHistory()
        self.clients = ClientCache()
        self.recursive_gets = 0
        self.blocked_creates = 0
        """Creates that met a file on their way; the statistics count them as failed sets, too."""
        self.watch_requests = 0
        self._keys = Keyspace(Tree(new_root()), TTLIndex(), 0)
        self._hub = WatcherHub()

    @property
    def index(self) -> int:
        """The etcd index: the number of successful writes so far."""
        return self._keys.index

    @property
    def root(self) -> Directory:
        """The root of the tree, to be read only, and only until the next write."""
        return self._keys.tree.root

    @property
    def has_ttl(self) -> bool:
        """Whether some node will expire."""
        return len(self._keys.ttl) > 0

    @property
    def size(self) -> int:
        """Bytes that are stored: names, values, and NODE_BYTES for each node."""
        return self._keys.tree.size

    @property
    def watchers(self) -> int:
        """The number of registered watchers."""
        return self._hub.count

    def stats_json(self) -> bytes:
        """The body of /v2/stats/store."""
        self.stats.watchers = self._hub.count
        return self.stats.to_json()

    def get(self, path: bytes, *, recursive: bool = False, sorted: bool = False, now: int) -> Event:
        """Read a node (contract 5.7). Raises 100, 104.

        The event of a directory is a Listing, to be rendered before the next write.
        """
        keys = self._keys
        self.recursive_gets += recursive
        try:
            found = keys.find(path)
        except StoreError:
            self.stats.gets_fail += 1
            raise
        self.stats.gets_success += 1
        if not isinstance(found, Directory):
            return Event(GET, path, keys.index, found, None, now)
        return Listing(
            action=GET,
            path=path,
            index=keys.index,
            node=found.node,
            prev=None,
            now=now,
            directory=found,
            recursive=recursive,
            ordered=sorted,
        )

    def peek(self, path: bytes) -> Node | Directory | None:
        """The node at `path`, or None; counts as nothing. For reading within this turn only."""
        names = split(path)
        node, depth = locate(self._keys.tree.root, names)
        return node if depth == len(names) else None

    def look_up(self, path: bytes) -> Node | Directory | None:
        """What `peek` does, counted as a get."""
        node = self.peek(path)
        if node is None:
            self.stats.gets_fail += 1
        else:
            self.stats.gets_success += 1
        return node

    def auth_enabled(self) -> bool:
        """Whether auth is on; every keys request asks, which counts as a get (contract 12.1)."""
        auth = self.root.children.get(_AUTH)
        switch = auth.children.get(_AUTH_SWITCH) if isinstance(auth, Directory) else None
        if switch is None:
            self.stats.gets_fail += 1
            return False
        self.stats.gets_success += 1
        return isinstance(switch, Node) and switch.value == b"true"

    def set(
        self,
        path: bytes,
        value: bytes,
        *,
        directory: bool = False,
        expires: int | None = None,
        refresh: bool = False,
        now: int,
    ) -> Event:
        """Create or replace a node; `refresh` keeps the value of a file that must exist.

        Raises 104, 100 (refresh only), 107, 102.
        """
        try:
            event = self._keys.set(path, value, directory, expires or 0, refresh, now)
        except StoreError:
            self.stats.sets_fail += 1
            raise
        self.stats.sets_success += 1
        return self._publish(event)

    def create(
        self,
        path: bytes,
        value: bytes,
        *,
        directory: bool = False,
        in_order: bool = False,
        expires: int | None = None,
        now: int,
    ) -> Event:
        """Create a node that is not there, with `in_order` a child of `path` named by the index.

        Raises 107, 104, 105.
        """
        if in_order:
            path = b"%b/%020d" % (path, self._keys.index + 1)
        try:
            event = self._keys.create(path, value, directory, expires or 0, now)
        except StoreError as error:
            self.stats.create_refused(error.code)
            self.blocked_creates += error.code == NOT_A_DIRECTORY
            raise
        self.stats.create_success += 1
        return self._publish(event)

    def update(
        self,
        path: bytes,
        value: bytes,
        *,
        expires: int | None = None,
        refresh: bool = False,
        now: int,
    ) -> Event:
        """Change an existing node, which keeps its createdIndex; of a directory only the TTL.

        Raises 107, 100, 104, 102.
        """
        try:
            event = self._keys.update(path, value, expires or 0, refresh, now)
        except StoreError as error:
            self.stats.update_refused(error.code)
            raise
        self.stats.update_success += 1
        return self._publish(event)

    def compare_and_swap(
        self,
        path: bytes,
        value: bytes,
        *,
        prev_value: bytes | None = None,
        prev_index: int = 0,
        expires: int | None = None,
        refresh: bool = False,
        now: int,
    ) -> Event:
        """Change a file that has this value and modifiedIndex; empty and 0 are not compared.

        Raises 107, 100, 104, 102, 101.
        """
        try:
            event = self._keys.compare_and_swap(
                path, value, prev_value or b"", prev_index, expires or 0, refresh, now
            )
        except StoreError as error:
            self.stats.compare_and_swap_refused(error.code)
            raise
        self.stats.compare_and_swap_success += 1
        return self._publish(event)

    def delete(
        self, path: bytes, *, directory: bool = False, recursive: bool = False, now: int
    ) -> Event:
        """Remove a node; `recursive` implies `directory`. Raises 107, 100, 104, 102, 108."""
        try:
            self._keys.check_delete(path, directory, recursive)
        except StoreError as error:
            self.stats.delete_refused(error.code)
            raise
        self.stats.delete_success += 1
        return self._remove(DELETE, path, now)

    def compare_and_delete(
        self, path: bytes, *, prev_value: bytes | None = None, prev_index: int = 0, now: int
    ) -> Event:
        """Remove a file that has this value and modifiedIndex. Raises 100, 104, 102, 101."""
        try:
            self._keys.check_compare_and_delete(path, prev_value or b"", prev_index)
        except StoreError as error:
            self.stats.compare_and_delete_refused(error.code)
            raise
        self.stats.compare_and_delete_success += 1
        return self._remove(COMPARE_AND_DELETE, path, now)

    def delete_expired(self, cutoff: int) -> list[Event]:
        """Remove all that expires at or before `cutoff`, in order of expiry (contract 8)."""
        events = []
        while (path := self._keys.ttl.pop_due(cutoff)) is not None:
            self.stats.expire_count += 1
            events.append(self._remove(EXPIRE, path, cutoff))
        return events

    def watch(
        self,
        path: bytes,
        *,
        recursive: bool = False,
        stream: bool = False,
        since: int = 0,
        deliver: Deliver,
        ended: Ended = _ignore,
    ) -> Watcher:
        """Tell `deliver` of the first event from index `since` on, with `stream` of all of them.

        0 means from now on. An event found in the history is delivered before this returns and
        is the only one, even with `stream`. Later ones are delivered from within the write that
        causes them. `ended` is called if a dump takes the place of all content and does not say
        what happened until then. Raises 401 if `since` is older than the history.
        """
        self.watch_requests += 1
        index = self._keys.index
        since = since or index + 1
        found = self.history.scan(path, recursive, since, index)
        watcher = Watcher(
            path,
            recursive=recursive,
            stream=stream,
            since=since,
            start_index=index,
            deliver=deliver,
            ended=ended,
        )
        if found is None:
            self._hub.add(watcher)
        else:
            self._hub.answer(watcher, found)
        return watcher

    def on_deliver_error(self, failed: Callable[[Exception], None]) -> None:
        """Hand what a watcher's `deliver` raises to `failed`; the watcher is dropped anyway."""
        self._hub.failed = failed

    def freeze(self) -> Image:
        """The whole content at this moment, which later writes leave as it is."""
        return Image(
            index=self._keys.index,
            stats=msgspec.structs.replace(self.stats),
            history=list(self.history.since(0)),
            clients=self.clients.entries(),
            root=self._keys.tree.freeze(),
        )

    def restore(self, chunks: Iterable[bytes]) -> None:
        """Replace all content by that of a dump. Raises DumpError, and then nothing has changed."""
        self.adopt(read_image(chunks))

    def adopt(self, content: Content) -> None:
        """Replace all content by `content`, which from now on is the store's own.

        Watchers stay registered, and are told what happened since this store's index if the new
        history reaches back so far. If not, they end: there would be a hole that nobody sees. (etcd
        tells them nothing.)
        """
        seen = self._keys.index
        self._keys = Keyspace(Tree(content.root), content.ttl, content.index)
        self.stats = content.stats
        self.recursive_gets = 0
        self.blocked_creates = 0
        self.history = EventHistory(content.history)
        self.clients = ClientCache(content.clients)
        if self._hub.count:
            if self.history.start_index > seen + 1:
                self._hub.end(before=self.history.start_index)
            for event in self.history.since(seen + 1):
                if not event.refresh:
                    self._hub.notify_missed(event)

    def _remove(self, action: str, path: bytes, now: int) -> Event:
        event, removed = self._keys.remove(action, path, now)
        self.history.add(event)
        if self._hub.count:
            self._hub.notify_removed(event, removed)
            self._hub.notify(event)
        return event

    def _publish(self, event: Event) -> Event:
        self.history.add(event)
        if self._hub.count and not event.refresh:
            self._hub.notify(event)
        return event
