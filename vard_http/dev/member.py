"""One node as a child process."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from vard_http.dev.output import Output
from vard_http.dev.plan import Endpoint
from vard_http.dev.view import Process

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)
TERM_SECONDS: Final = 5.0
"""How long a node that was asked to end may take before it is killed."""


class Member:
    """A node that can be started, paused, ended, and started again on its data.

    `on_line` gets each line of its log, `on_change` is called when the process has begun, paused,
    gone on or ended. All processes die with the thread that started them, paused ones too.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        command: Sequence[str],
        environ: Mapping[str, str],
        log: Path,
        on_line: Callable[[int, str], None],
        on_change: Callable[[int], None],
    ) -> None:
        self.endpoint = endpoint
        self.process = Process.DOWN
        self.pid = 0
        self.status: int | None = None
        """How the last process ended: its exit status, or minus the signal."""
        self.asked = False
        """Whether the end of the process was asked for."""
        self._command = list(command)
        self._environ = dict(environ)
        self.log = log
        self._on_line = on_line
        self._on_change = on_change
        self._ended = asyncio.Event()
        self._ended.set()
        self._restarting = asyncio.Lock()

    def start(self) -> None:
        """Start the process, which must not run. Raises OSError."""
        loop = asyncio.get_running_loop()
        log = self.log.open("ab")
        try:
            child = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=self._environ,
                start_new_session=True,  # or Ctrl-C would reach it before us
                preexec_fn=_dying_with(os.getpid()),
            )
        except BaseException:
            log.close()
            raise
        assert child.stdout is not None
        self.pid, self.process, self.asked = child.pid, Process.RUNNING, False
        self._ended = asyncio.Event()
        output = Output(child.stdout, log, lambda line: self._on_line(self.endpoint.number, line))
        handle = os.pidfd_open(child.pid)

        def ended() -> None:
            loop.remove_reader(handle)
            os.close(handle)
            self.status, self.process = child.wait(), Process.DOWN
            output.finish()
            self._ended.set()
            self._on_change(self.endpoint.number)

        loop.add_reader(handle, ended)
        self._on_change(self.endpoint.number)

    def kill(self) -> None:
        """SIGKILL."""
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM, for which a paused process has to go on."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)

    def pause(self) -> None:
        """SIGSTOP: the process keeps its connections and does nothing."""
        self._pass(signal.SIGSTOP, Process.PAUSED)

    def resume(self) -> None:
        """SIGCONT."""
        self._pass(signal.SIGCONT, Process.RUNNING)

    async def end(self) -> None:
        """Terminate the process if there is one, or kill it, and wait until it has ended."""
        self.terminate()
        try:
            await asyncio.wait_for(self._ended.wait(), TERM_SECONDS)
        except TimeoutError:
            self.kill()
            await self._ended.wait()

    async def restart(self) -> None:
        """End the process if there is one, and start it again on its data. Raises OSError."""
        async with self._restarting:
            await self.end()
            self.start()

    def _pass(self, number: signal.Signals, to: Process) -> None:
        if self.process is not Process.DOWN:
            os.kill(self.pid, number)
            self.process = to
            self._on_change(self.endpoint.number)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not Process.DOWN:
            self.asked = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def _dying_with(parent: int) -> Callable[[], None]:
    """For the child before it becomes a node: the kernel kills it when `parent` has died.

    Nothing that a node does itself would work while it is paused.
    """

    def in_child() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return in_child
