"""Both clients behind one face, so that what holds for one is tried on the other too."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, cast

from vard_http.client import AsyncClient, Client

Manner = Literal["blocking", "asynchronous"]


class _Awaited:
    """An asynchronous object whose coroutines are run to their end when they are called."""

    def __init__(self, inner: Any, runner: asyncio.Runner) -> None:
        self._inner = inner
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._wrapped(found) if callable(found) else found

    def __enter__(self) -> Any:
        self._runner.run(self._inner.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self._runner.run(self._inner.__aexit__(*error))

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return self._runner.run(self._inner.__anext__())

    def _wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            result = function(*args, **named)
            if inspect.iscoroutine(result):
                return self._runner.run(result)
            return _Awaited(result, self._runner) if hasattr(result, "__aenter__") else result

        return call


@contextlib.contextmanager
def opened(manner: Manner, endpoints: str | Sequence[str] = (), **options: Any) -> Iterator[Client]:
    """A client of either kind; the asynchronous one is used as if it blocked."""
    if manner == "blocking":
        with Client(endpoints, **options) as client:
            yield client
        return
    with asyncio.Runner() as runner, _Awaited(AsyncClient(endpoints, **options), runner) as awaited:
        yield cast(Client, awaited)
