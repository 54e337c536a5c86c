"""Running `vardctl` in the tests' own process, which is some hundred times faster."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from unittest import mock

from tests.harness.processes import Server
from vard_http.ctl.main import main


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


def run(server: Server, *arguments: str, stdin: bytes = b"", answers: bool = False) -> Ran:
    """Runs `vardctl ARGUMENTS` on a server; `stdin` is its input.

    With `answers` that is what somebody types who is asked.
    """
    given = _Terminal(io.BytesIO(stdin), encoding="utf-8") if answers else _pipe(stdin)
    return _run(["--endpoints", server.endpoint.client_url, *arguments], given)


def run_alone(arguments: Sequence[str], environ: Mapping[str, str], stdin: bytes = b"") -> Ran:
    """Runs `vardctl ARGUMENTS` with these variables and no others."""
    with mock.patch.dict("os.environ", environ, clear=True):
        return _run(arguments, _pipe(stdin))


def _run(arguments: Sequence[str], stdin: io.TextIOWrapper) -> Ran:
    out, err = _pipe(), _pipe()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _stdin(stdin):
        status = main(arguments)
    return Ran(status, _text(out), _text(err))


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def _pipe(content: bytes = b"") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", write_through=True)


def _stdin(given: io.TextIOWrapper) -> mock._patch[io.TextIOWrapper]:
    return mock.patch("sys.stdin", given)


def _text(pipe: io.TextIOWrapper) -> str:
    pipe.flush()
    content = pipe.buffer
    assert isinstance(content, io.BytesIO)
    return content.getvalue().decode()
