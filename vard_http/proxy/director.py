"""Which endpoints there are, and which of them may be tried."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable


class Endpoint:
    """The client URL of a member; one that failed rests until a time on the director's clock."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.rests_until = 0.0


class Director:
    """Endpoints in a random order that changes whenever they are replaced.

    A random order spreads the load of many proxies; `failure_wait` is in seconds.
    """

    def __init__(
        self, failure_wait: float, clock: Callable[[], float], chance: random.Random
    ) -> None:
        self._failure_wait = failure_wait
        self._clock = clock
        self._chance = chance
        self._endpoints: list[Endpoint] = []

    def replace(self, urls: Iterable[str]) -> None:
        """Have these endpoints from now on; none of them rests, as in etcd."""
        self._endpoints = [Endpoint(url) for url in urls]
        self._chance.shuffle(self._endpoints)

    def available(self) -> list[Endpoint]:
        """Those that do not rest, in the order in which to try them."""
        now = self._clock()
        return [endpoint for endpoint in self._endpoints if endpoint.rests_until <= now]

    def failed(self, endpoint: Endpoint) -> bool:
        """Let an endpoint rest; False if it does already."""
        now = self._clock()
        if endpoint.rests_until > now:
            return False
        endpoint.rests_until = now + self._failure_wait
        return True
