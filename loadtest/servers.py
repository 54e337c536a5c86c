"""Clusters of real servers on 127.0.0.1: etcd, or vard_http started with the same flags."""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, get_args

from loadtest.client import RequestFailed, request

Side = Literal["vard", "etcd"]
SIDES: tuple[Side, ...] = get_args(Side)

START_SECONDS = 30.0

# Below Linux's ephemeral range, and apart from the ports of the tests' harness.
_PORTS = range(11_000, 20_000)
_ROOT = Path(__file__).parents[1]
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class StartFailed(RuntimeError):
    """A server ended or stayed silent instead of serving; carries the end of its log."""


class NoLeader(RuntimeError):
    """No member calls itself leader."""


class Member:
    """One server process, its two ports and its directory."""

    def __init__(self, side: Side, name: str, directory: Path) -> None:
        self.side: Side = side
        self.name = name
        self.port = free_port()
        self.peer_url = f"http://127.0.0.1:{free_port()}"
        self.data = directory / name
        self._log = directory / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, initial_cluster: str, extra_flags: Sequence[str] = ()) -> None:
        """Starts the process and waits for nothing."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command(initial_cluster), *extra_flags],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=_ROOT,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()),
            )

    def kill(self) -> None:
        """SIGKILL, and waits for the end."""
        if self.alive:
            self._running().kill()
            self._running().wait()

    def healthy(self) -> bool:
        try:
            return request(self.port, "GET", "/health", timeout=2.0).status == 200
        except RequestFailed:
            return False

    def settled(self, members: int) -> bool:
        """Whether it is healthy and knows the client addresses of all members."""
        if not self.healthy():
            return False
        listed = request(self.port, "GET", "/v2/members").json()["members"]
        return sum(1 for member in listed if member["clientURLs"]) == members

    def wait(self, ready: Callable[[], bool], seconds: float, step: float = 0.02) -> None:
        """Waits for `ready`. Raises StartFailed if the process ends, or does not get there."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive or time.monotonic() > deadline:
                end = "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])
                raise StartFailed(f"{self.side} {self.name} is not ready; its log ends:\n{end}")
            time.sleep(step)

    def _command(self, initial_cluster: str) -> list[str]:
        program = ["etcd"] if self.side == "etcd" else [sys.executable, "-m", "vard_http"]
        flags = {
            "name": self.name,
            "data-dir": str(self.data),
            "listen-client-urls": f"http://127.0.0.1:{self.port}",
            "advertise-client-urls": f"http://127.0.0.1:{self.port}",
            "listen-peer-urls": self.peer_url,
            "initial-advertise-peer-urls": self.peer_url,
            "initial-cluster": initial_cluster,
        }
        return [
            *program,
            "--enable-v2",
            *(part for flag, value in flags.items() for part in (f"--{flag}", value)),
        ]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process


class Cluster:
    """Fresh members that serve, for the time of a `with`; their data go with them.

    They die with the thread that started them, so start clusters from the main thread.
    """

    def __init__(
        self, side: Side, size: int = 3, parent: Path | None = None, flags: Sequence[str] = ()
    ) -> None:
        self.side: Side = side
        self.directory = Path(tempfile.mkdtemp(prefix=f"loadtest-{side}-", dir=parent))
        self.members = [Member(side, f"node{n}", self.directory) for n in range(1, size + 1)]
        self.initial_cluster = ",".join(f"{m.name}={m.peer_url}" for m in self.members)
        self._flags = tuple(flags)

    def __enter__(self) -> Self:
        try:
            self.start()
            for member in self.members:
                member.wait(partial(member.settled, len(self.members)), START_SECONDS)
            self.leader()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        return [("127.0.0.1", member.port) for member in self.members]

    def start(self, members: Iterable[Member] | None = None) -> None:
        """Starts processes (all, unless told which) and waits for nothing."""
        for member in self.members if members is None else members:
            member.start(self.initial_cluster, self._flags)

    def leader(self) -> Member:
        """The leader. Raises NoLeader if there is none for 10 s."""
        host_port = find_leader(self.addresses)
        return next(member for member in self.members if member.port == host_port[1])

    def follower(self) -> Member:
        """A member that does not lead (the leader itself where it is alone)."""
        leader = self.leader()
        return next((member for member in self.members if member is not leader), leader)

    def close(self) -> None:
        for member in self.members:
            member.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


def find_leader(addresses: Sequence[tuple[str, int]], seconds: float = 10.0) -> tuple[str, int]:
    """Asks each /v2/stats/self for its state, as vard's bench does. Raises NoLeader."""
    deadline = time.monotonic() + seconds
    while True:
        for host, port in addresses:
            if _leads(host, port):
                return host, port
        if time.monotonic() > deadline:
            raise NoLeader(f"none of {addresses} leads")
        time.sleep(0.1)


def _leads(host: str, port: int) -> bool:
    try:
        answer = request(port, "GET", "/v2/stats/self", timeout=2.0, host=host)
    except RequestFailed:
        return False
    return answer.status == 200 and answer.json()["state"] == "StateLeader"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    for port in random.sample(_PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port among 200 of {_PORTS}")


def _die_with(parent: int) -> Callable[[], None]:
    def in_child() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return in_child
