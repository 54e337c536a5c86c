"""A command as a child process, which ends when we do and is told what we are told."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
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

        def in_child() -> None:  # other threads may hold locks at the fork: this takes none
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

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
