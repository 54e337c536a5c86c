"""What a node writes: kept in a file, and passed on line by line."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import IO, BinaryIO, Final

_PIECE: Final = 1 << 16


class Lines:
    """Bytes in, lines out; one that does not end within 64 KiB is cut there."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that `data` completes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _PIECE:
            lines.append(self._rest)
            self._rest = b""
        return [line.decode(errors="replace") for line in lines]

    def finish(self) -> list[str]:
        """What is left when no more bytes come."""
        return self.feed(b"\n") if self._rest else []


class Output:
    """The reading end of a node's pipe. To be made inside the event loop; it closes `log`."""

    def __init__(self, pipe: IO[bytes], log: BinaryIO, on_line: Callable[[str], None]) -> None:
        self._pipe = pipe
        self._log = log
        self._on_line = on_line
        self._lines = Lines()
        os.set_blocking(pipe.fileno(), False)
        asyncio.get_running_loop().add_reader(pipe.fileno(), self._take)

    def _take(self) -> bool:
        """Pass on what is there; False if nothing is."""
        try:
            data = os.read(self._pipe.fileno(), _PIECE)
        except BlockingIOError:
            return False
        if not data:
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            return False
        with contextlib.suppress(OSError):  # a full disk; the lines are still shown
            self._log.write(data)
            self._log.flush()
        for line in self._lines.feed(data):
            self._on_line(line)
        return True

    def finish(self) -> None:
        """The process has ended: pass on its last words, and close."""
        while self._take():
            pass
        for line in self._lines.finish():
            self._on_line(line)
        asyncio.get_running_loop().remove_reader(self._pipe.fileno())
        self._pipe.close()
        with contextlib.suppress(OSError):
            self._log.close()
