"""An event loop in virtual time, for one simulated process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextvars import Context
from inspect import CORO_CREATED, getcoroutinestate
from typing import Any, Protocol, TypeVar

from tests.simulation.scheduler import Scheduler

Result = TypeVar("Result")

SECOND = 1_000_000


class LocalClock:
    """A machine's two clocks: one runs at `rate` and may leap, the other also tells the date.

    `offset` is in microseconds, `date` the nanoseconds since 1970 when the first one stood at 0.
    """

    def __init__(self, rate: float, offset: int, date: int) -> None:
        self.rate = rate
        self.offset = offset
        self.date = date

    def monotonic(self, now: int) -> float:
        return (self.offset + now * self.rate) / SECOND

    def time_ns(self, now: int) -> int:
        return self.date + int((self.offset + now * self.rate) * 1000)


class Owner(Protocol):
    """The process whose loop it is."""

    def ran(self) -> None:
        """A callback has come to its end."""

    def failed_with(self, error: BaseException) -> None:
        """A callback, or what a thread did, raised this."""

    def thread_time(self) -> int:
        """How long the next work of a thread takes."""


class VirtualLoop(asyncio.AbstractEventLoop):
    """What asyncio and a node need of a loop; also the node's clock (vard_http.node.Clock).

    `busy_until` is when the callback that runs will have come to its end: later ones wait for it.
    Once it is `dead`, nothing runs any more.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        clock: LocalClock,
        owner: Owner,
    ) -> None:
        self.busy_until = 0
        self.in_thread = False
        self.dead = False
        self._scheduler = scheduler
        self._clock = clock
        self._owner = owner
        self._tasks: list[Coroutine[Any, Any, Any]] = []

    @property
    def now(self) -> int:
        """The scheduler's time, as far as the process has come."""
        return max(self._scheduler.now, self.busy_until)

    def block(self, microseconds: int) -> None:
        """The process does nothing else for so long."""
        self.busy_until = self.now + microseconds

    def die(self) -> None:
        """Whatever was to run does not."""
        self.dead = True
        for coro in self._tasks:
            if getcoroutinestate(coro) == CORO_CREATED:
                coro.close()

    def monotonic(self) -> float:
        return self._clock.monotonic(self.now)

    def time_ns(self) -> int:
        return self._clock.time_ns(self.now)

    def time(self) -> float:
        return self.monotonic()

    def at_once(self, callback: Callable[..., object], *args: Any) -> None:
        """Run a callback from outside now, or as soon as the process is free."""
        self._run(asyncio.Handle(callback, args, self))

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._scheduler.after(self.now - self._scheduler.now, self._run, handle)
        return handle

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(self.time() + delay, callback, args, self, context)
        wait = max(1, int(delay * SECOND / self._clock.rate))
        self._scheduler.after(self.now - self._scheduler.now + wait, self._run, handle)
        return handle

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_later(when - self.time(), callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It stays with the scheduler, and does nothing when its time comes."""

    def _run(self, handle: asyncio.Handle) -> None:
        if self.dead or handle.cancelled():
            return
        if self._scheduler.now < self.busy_until:
            self._scheduler.after(self.busy_until - self._scheduler.now, self._run, handle)
            return
        asyncio._set_running_loop(self)
        try:
            handle._context.run(handle._callback, *handle._args)  # type: ignore[attr-defined]
            self._owner.ran()
        except BaseException as error:
            self._owner.failed_with(error)
        finally:
            asyncio._set_running_loop(None)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, Result],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> asyncio.Task[Result]:
        self._tasks.append(coro)
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Result], *args: Any
    ) -> asyncio.Future[Result]:
        """What a thread does takes its time, and then has happened at once."""
        future: asyncio.Future[Result] = self.create_future()
        wait = self.now - self._scheduler.now + self._owner.thread_time()
        self._scheduler.after(wait, self._run_in_thread, future, func, args)
        return future

    def _run_in_thread(
        self, future: asyncio.Future[Result], func: Callable[..., Result], args: tuple[Any, ...]
    ) -> None:
        if self.dead:
            return
        self.in_thread = True
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        except BaseException as error:
            self._owner.failed_with(error)
        finally:
            self.in_thread = False

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self.dead

    def is_closed(self) -> bool:
        return self.dead

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Of what nobody awaits: a process that was killed leaves such things behind."""
