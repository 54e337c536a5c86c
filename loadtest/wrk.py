"""Runs wrk with the scripts in wrk/ and reads what it prints."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

SCRIPTS = Path(__file__).parent / "wrk"
LOAD_CONNECTIONS = 64
STALL_SECONDS = 180.0

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}
_TOTAL = re.compile(r"^\s*(\d+) requests in ([\d.]+)(us|ms|s|m|h),", re.MULTILINE)
_PERCENTILE = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s|m|h)\s*$", re.MULTILINE)
_REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_SOCKET_ERRORS = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")
_FINISHED = re.compile(r"finished \d+ errors (\d+)")


class Figures(NamedTuple):
    """What one run of wrk measured; `errors` are answers of 400 and more and broken sockets."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    errors: int

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return (self.requests - self.errors) / self.seconds


class WrkFailed(RuntimeError):
    """wrk is missing, ended badly or printed something else; carries its output."""


def parse(output: str) -> Figures:
    """Reads the text that `wrk --latency` prints. Raises WrkFailed."""
    total = _TOTAL.search(output)
    percentiles = {
        percent: float(value) * _UNITS[unit] for percent, value, unit in _PERCENTILE.findall(output)
    }
    if total is None or percentiles.keys() != {"50", "99"}:
        raise WrkFailed(output)
    refused = _REFUSED.search(output)
    broken = _SOCKET_ERRORS.search(output)
    errors = int(refused[1]) if refused else 0
    errors += sum(int(count) for count in broken.groups()) if broken else 0
    seconds = float(total[2]) * _UNITS[total[3]] / 1000
    return Figures(int(total[1]), seconds, percentiles["50"], percentiles["99"], errors)


def run(
    port: int,
    script: str,
    arguments: Sequence[object],
    *,
    connections: int,
    seconds: int,
    headers: Sequence[str] = (),
) -> Figures:
    """Saturates 127.0.0.1:port from one thread. Raises WrkFailed."""
    options = [f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    with _started(port, script, arguments, [*options, *_fields(headers)]) as process:
        output, errors = process.communicate()
    if process.returncode != 0:
        raise WrkFailed(output + errors)
    return parse(output)


def load(
    port: int,
    directory: str,
    keys: int,
    size: int,
    per_directory: int = 0,
    *,
    connections: int = LOAD_CONNECTIONS,
    tell: Callable[[int], None] = lambda loaded: None,
) -> None:
    """Writes each of `keys` keys of `size` bytes; `tell` hears how many, every 10,000.

    Raises WrkFailed if any answer was an error, or if nothing was told for STALL_SECONDS.
    """
    if connections > LOAD_CONNECTIONS:
        raise ValueError(f"load.lua knows when at most {LOAD_CONNECTIONS} connections are done")
    arguments = [directory, keys, size, per_directory]
    options = [f"-c{connections}", "-d24h", "--timeout", "60s"]
    seen = []
    with _started(port, "load.lua", arguments, options) as process:
        for line in _lines(process):
            seen.append(line)
            if line.startswith("loaded "):
                tell(int(line.split()[1]))
            if finished := _FINISHED.match(line):
                process.send_signal(signal.SIGINT)
                if finished[1] != "0":
                    raise WrkFailed(f"{finished[1]} of {keys} keys were not written")
                return
    raise WrkFailed(f"loading {keys} keys came to a standstill; wrk wrote:\n{''.join(seen)}")


def version() -> str:
    """The first words of `wrk -v`; wrk ends with status 1 there. Raises WrkFailed."""
    try:
        printed = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise WrkFailed("no `wrk` on the PATH: install Debian's wrk") from error
    return " ".join(printed.stdout.split()[:2])


@contextmanager
def _started(
    port: int, script: str, arguments: Sequence[object], options: Sequence[str]
) -> Iterator[subprocess.Popen[str]]:
    command = ["wrk", "-t1", *options, "-s", str(SCRIPTS / script), f"http://127.0.0.1:{port}"]
    process = subprocess.Popen(
        [*command, "--", *(str(argument) for argument in arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        with process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
    finally:
        if process.poll() is None:
            process.kill()


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """Lines as they come; ends the process, and with it the lines, when it falls silent."""
    assert process.stdout is not None
    while True:
        watchdog = threading.Timer(STALL_SECONDS, process.kill)
        watchdog.start()
        try:
            line = process.stdout.readline()
        finally:
            watchdog.cancel()
        if not line:
            return
        yield line


def _fields(headers: Sequence[str]) -> list[str]:
    return [part for header in headers for part in ("-H", header)]
