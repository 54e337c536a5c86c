"""What a long run is doing, on standard error."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import TextIO

_QUIET_SECONDS = 10.0


class Progress:
    """Announces each of `steps` steps, tells how they go and how long the rest may take.

    A terminal sees every word on one line; a file gets a line at most every ten seconds.
    """

    def __init__(self, steps: int, stream: TextIO = sys.stderr) -> None:
        self._steps = steps
        self._stream = stream
        self._number = 0
        self._step = ""
        self._started = time.monotonic()
        self._told = 0.0

    def begin(self, step: str) -> None:
        self._number += 1
        self._step = f"[{self._number}/{self._steps}] {step}"
        self._told = time.monotonic()
        self._rewrite("")

    def tell(self, text: str) -> None:
        """Something about the step under way."""
        if self._stream.isatty():
            self._rewrite(text)
        elif time.monotonic() - self._told > _QUIET_SECONDS:
            self._told = time.monotonic()
            print(f"{self._step}: {text}", file=self._stream, flush=True)

    def end(self, text: str) -> None:
        """How the step ended."""
        self._rewrite("")
        print(f"{self._step}: {text}{self._rest()}", file=self._stream, flush=True)

    def _rest(self) -> str:
        left = self._steps - self._number
        if left <= 0:
            return ""
        each = (time.monotonic() - self._started) / self._number
        return f"  (about {timedelta(seconds=round(each * left))} left)"

    def _rewrite(self, text: str) -> None:
        if self._stream.isatty():
            line = f"{self._step}: {text}" if text else self._step
            self._stream.write(f"\r\033[K{line[:110]}")
            if not text:
                self._stream.write("\r")
            self._stream.flush()
