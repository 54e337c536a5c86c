"""Real servers as child processes: etcd, or vard_http started with the same flags."""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

from tests.harness.ports import PortLease, lease_port
from tests.harness.readiness import is_ready
from tests.harness.wire import Connection

Kind = Literal["etcd", "vard"]

START_TIMEOUT = 20.0
TOKEN = "etcd-cluster"

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIVE: set[Server] = set()


class EtcdMissing(RuntimeError):
    """The reference server is not installed."""


class StartFailed(RuntimeError):
    """A server process ended or stayed silent instead of becoming ready; carries its log."""


class ServerDied(RuntimeError):
    """A server process ended by itself; carries its log."""


class AddressInUse(StartFailed):
    """Somebody else took the port between its lease and its use."""


class Endpoint:
    """The name and the two leased ports of one member."""

    def __init__(self, name: str = "default") -> None:
        self.name = name
        self._client = lease_port()
        self._peer = lease_port()

    @property
    def client_port(self) -> int:
        return self._client.port

    @property
    def client_url(self) -> str:
        return _url(self._client)

    @property
    def peer_url(self) -> str:
        return _url(self._peer)

    @property
    def member_id(self) -> str:
        """The id as printed, without leading zeros (contract 3)."""
        digest = hashlib.sha1((self.peer_url + TOKEN).encode()).digest()
        return f"{int.from_bytes(digest[:8]):x}"

    def release(self) -> None:
        self._client.release()
        self._peer.release()


class Server:
    """One member: a process, its ports and its data directory.

    It dies with the thread that called `start`, so start servers from the main thread. `limits`
    are its resource limits (setrlimit: soft and hard) from the next start on.
    """

    def __init__(
        self,
        kind: Kind,
        endpoint: Endpoint | None = None,
        *,
        initial_cluster: str | None = None,
        initial_cluster_state: str = "new",
        members: int = 1,
        extra_flags: Sequence[str] = (),
    ) -> None:
        self.kind: Kind = kind
        self.endpoint = endpoint or Endpoint()
        self.members = members
        self.extra_flags = tuple(extra_flags)
        self.limits: Mapping[int, tuple[int, int]] = {}
        self.directory = Path(tempfile.mkdtemp(prefix=f"vard-http-test-{kind}-"))
        self._initial_cluster = initial_cluster or f"{self.endpoint.name}={self.endpoint.peer_url}"
        self._initial_cluster_state = initial_cluster_state
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The client port."""
        return self.endpoint.client_port

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def connect(self) -> Connection:
        """A new connection to the client port. Raises ServerDied if the process has ended."""
        try:
            return Connection(self.port)
        except OSError as error:
            if self.alive:
                raise
            raise ServerDied(self._obituary()) from error

    def log(self) -> str:
        """All that the process wrote to stdout and stderr, over all its starts."""
        path = self.directory / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def command(self) -> list[str]:
        """The command line; the two kinds differ in the program only."""
        program = [_etcd()] if self.kind == "etcd" else [sys.executable, "-m", "vard_http"]
        own = self.endpoint
        flags = {
            "name": own.name,
            "data-dir": str(self.directory / "data"),
            "listen-client-urls": own.client_url,
            "advertise-client-urls": own.client_url,
            "listen-peer-urls": own.peer_url,
            "initial-advertise-peer-urls": own.peer_url,
            "initial-cluster": self._initial_cluster,
            "initial-cluster-token": TOKEN,
            "initial-cluster-state": self._initial_cluster_state,
        }
        named = [part for name, value in flags.items() for part in (f"--{name}", value)]
        return [*program, "--enable-v2", *named, *self.extra_flags]

    def spawn(self) -> None:
        """Starts the process and does not wait for it."""
        if self.alive:
            raise RuntimeError(f"{self.endpoint.name} is running already")
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=Path(__file__).parents[2],
                start_new_session=True,
                preexec_fn=_prepare(os.getpid(), self.limits),
            )
        _LIVE.add(self)

    def start(self, timeout: float = START_TIMEOUT) -> None:
        """Starts the process and waits until it serves. Raises StartFailed."""
        fresh = not (self.directory / "data").exists()
        self.spawn()
        self.wait_ready(timeout, fresh=fresh)

    def wait_ready(self, timeout: float = START_TIMEOUT, *, fresh: bool = False) -> None:
        """Waits for a leader and, if `fresh`, for the end of the cluster's bookkeeping writes."""
        deadline = time.monotonic() + timeout
        while not is_ready(self.port, self.members, fresh=fresh):
            if not self.alive:
                raise self._start_failure(f"ended with status {self._running().returncode}")
            if time.monotonic() > deadline:
                raise self._start_failure(f"was not ready within {timeout:g} s")
            time.sleep(0.01)

    def kill(self) -> None:
        """SIGKILL, and waits for the end."""
        self.signal(signal.SIGKILL)
        self.wait_end()

    def terminate(self, timeout: float = 10.0) -> int:
        """SIGTERM, waits for the end and returns the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait_end(timeout)

    def pause(self) -> None:
        """SIGSTOP: the process keeps its connections and does nothing."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal and waits for nothing."""
        self._running().send_signal(number)

    def wait_end(self, timeout: float = 10.0) -> int:
        """Waits until the process has ended; returns its exit status, or minus the signal."""
        return self._running().wait(timeout)

    def restart(self, timeout: float = START_TIMEOUT) -> None:
        """Kills the process if it runs and starts it again on the same data."""
        if self.alive:
            self.kill()
        self.start(timeout)

    def close(self) -> None:
        """Ends the process and removes its data and leases."""
        if self.alive:
            self.kill()
        _LIVE.discard(self)
        shutil.rmtree(self.directory, ignore_errors=True)
        self.endpoint.release()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.endpoint.name} was never started")
        return self._process

    def _start_failure(self, what: str) -> StartFailed:
        in_use = "address already in use" in self.log().lower()
        failure = AddressInUse if in_use else StartFailed
        return failure(f"{self.kind} {self.endpoint.name} {what}; {self._last_words()}")

    def _obituary(self) -> str:
        status = self._running().returncode
        return f"{self.kind} {self.endpoint.name} ended with status {status}; {self._last_words()}"

    def _last_words(self) -> str:
        lines = self.log().splitlines()
        return "its log ends:\n" + "\n".join(lines[-40:])


def start_server(kind: Kind, extra_flags: Sequence[str] = ()) -> Server:
    """A fresh single-member server that serves, to be closed by `with`. Raises StartFailed."""
    for _ in range(5):
        server = Server(kind, extra_flags=extra_flags)
        try:
            server.start()
        except AddressInUse:
            server.close()
        except BaseException:
            server.close()
            raise
        else:
            return server
    raise StartFailed("every leased port was taken by somebody else")


def _url(lease: PortLease) -> str:
    return f"http://127.0.0.1:{lease.port}"


def _etcd() -> str:
    path = shutil.which("etcd")
    if path is None:
        raise EtcdMissing("no `etcd` on the PATH: install Debian's etcd-server 3.4")
    return path


def _prepare(parent: int, limits: Mapping[int, tuple[int, int]]) -> Callable[[], None]:
    def in_child() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        for which, limit in limits.items():
            resource.setrlimit(which, limit)
        if os.getppid() != parent:
            os._exit(1)

    return in_child


def _close_all() -> None:
    for server in list(_LIVE):
        server.close()


atexit.register(_close_all)
