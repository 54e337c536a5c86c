"""A command as a child process: it ends when we do, and is told what we are told."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Final

from vard_http.ctl.family import Family

FORWARDED: Final = (
    *(signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT),
    *(signal.SIGUSR1, signal.SIGUSR2),
)
"""What is passed on. The first four end processes, and go to all that the command started."""

ENDING: Final = FORWARDED[:4]
_TYPED: Final = (signal.SIGINT, signal.SIGQUIT)

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class Command:
    """A command that runs; it is killed when this process dies, however that comes about."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Starts it. Raises OSError."""

        parent = os.getpid()

        def in_child() -> None:  # other threads may hold locks at the fork: this takes none
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it died before that
                os._exit(1)

        self._process = subprocess.Popen(command, env=environment, preexec_fn=in_child)
        self._family = Family(self._process.pid)

    def wait(self, grace: float) -> int:
        """Waits for its end, then `grace` seconds for what else a signal was passed on to.

        Returns the status as shells tell it: 128 and the number of a signal that ended it.
        """
        status = self._process.wait()
        self._family.wait(grace)
        return status if status >= 0 else 128 - status

    def pass_on(self, number: int) -> None:
        """Sends it a signal that we were sent."""
        if number in _TYPED and _is_foreground():
            return  # the terminal has sent it to the command too
        if number in ENDING:
            self._family.send(number)
        else:
            self._process.send_signal(number)

    def end(self, grace: float) -> None:
        """SIGTERM to it and to all that it started, and after `grace` seconds SIGKILL."""
        self._family.send(signal.SIGTERM)
        if not self._family.wait(grace):
            self._family.send(signal.SIGKILL)


class Signalled(BaseException):
    """A signal that ends processes has come, and there is no command to pass it on to."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number


class Signals:
    """Takes signals while something is held: they go to the command, or raise Signalled."""

    def __init__(self) -> None:
        self._command: Command | None = None
        self._waiting: list[int] | None = None
        # What was ignored when we were started, as with nohup, stays ignored.
        heard = (each for each in FORWARDED if signal.getsignal(each) != signal.SIG_IGN)
        self._before = {number: signal.signal(number, self._take) for number in heard}

    def restore(self) -> None:
        """Signals do again what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Command:
        """Start a command that gets the signals from then on. Raises OSError."""
        # Blocking them would not do: another thread would take them.
        waiting: list[int] = []
        self._waiting = waiting
        try:
            self._command = command = Command(arguments, environment)
        finally:
            self._waiting = None
            for number in waiting:
                self._take(number)
        return command

    def _take(self, number: int, _: FrameType | None = None) -> None:
        if self._waiting is not None:
            self._waiting.append(number)
        elif self._command is not None:
            self._command.pass_on(number)
        elif number in ENDING:
            raise Signalled(number)


def _is_foreground() -> bool:
    """Whether what is typed at a terminal comes to us."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
