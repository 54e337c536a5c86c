"""The watch of the synchronous client."""

from __future__ import annotations

from collections.abc import Iterator

from vard_http.client.blocking_http import Connections, Interrupted, Line, run
from vard_http.client.watching import Item, Watching


class Watch(Iterator[Item]):
    """Events of a key, one after the other: `for event in client.watch(key)`.

    Waits for as long as it takes, across members that die and clusters without a leader. `close`
    ends it, also from another thread while it waits.
    """

    def __init__(self, watching: Watching, connections: Connections) -> None:
        self._watching = watching
        self._line = Line(connections)
        run(watching.start(), self._line)

    @property
    def index(self) -> int:
        """Every event up to this etcd index has been told; give it as `after_index` to go on."""
        return self._watching.after

    def __next__(self) -> Item:
        try:
            return run(self._watching.next(), self._line)
        except Interrupted:
            self._line.close()
            raise StopIteration from None
        except BaseException:
            self._line.close()
            raise

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._line.close()

    def close(self) -> None:
        """End the watch."""
        self._line.interrupt()
