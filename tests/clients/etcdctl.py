"""Runs etcdctl with ETCDCTL_API=2, and makes what it prints comparable between two clusters."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.harness.processes import EtcdMissing, Server

PATIENCE = 20.0
"""Seconds after which a command that should have ended is killed, and the test fails."""

# etcdctl gives up after 2 s and 5 s, which a busy machine may take.
_PATIENT = ("--timeout", "10s", "--total-timeout", "15s")

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z")
_TTL = re.compile(r"(TTL: |\"ttl\":|<nil> )\d{3}\b")
_ID = re.compile(r"\b[0-9a-f]{12,16}\b")


@dataclass(frozen=True)
class Command:
    """One command line; `any_order` if etcd gives its lines in random order.

    `{id:NAME}`, `{client:NAME}` and `{peer:NAME}` in an argument stand for what the cluster has.
    """

    arguments: tuple[str, ...]
    stdin: str = ""
    any_order: bool = False

    def __str__(self) -> str:
        return " ".join(argument or "''" for argument in self.arguments)


@dataclass(frozen=True)
class Watching:
    """A command that waits for events, and the commands that cause them.

    It ends by itself, or is interrupted as soon as it has printed the line `until`.
    """

    watch: Command
    causes: tuple[Command, ...] = ()
    until: str | None = None

    def __str__(self) -> str:
        return str(self.watch)


@dataclass(frozen=True)
class Outcome:
    """What a command left behind, normalised."""

    status: int
    stdout: tuple[str, ...]
    stderr: tuple[str, ...]


class Etcdctl:
    """etcdctl as a client of one cluster; `endpoints` are those of all members by default.

    `launcher` is a command that runs the one which follows it.
    """

    def __init__(
        self,
        servers: Sequence[Server],
        endpoints: str | None = None,
        launcher: Sequence[str] = (),
    ) -> None:
        self.servers = servers
        self._launcher = launcher
        self.endpoints = endpoints or ",".join(each.endpoint.client_url for each in servers)

    def run(self, command: Command) -> Outcome:
        """Runs a command to its end."""
        with self._start(command) as process:
            try:
                stdout, stderr = process.communicate(command.stdin, PATIENCE)
            finally:
                process.kill()
        return self._outcome(command, process.returncode, stdout, stderr)

    def follow(self, watching: Watching) -> Outcome:
        """Runs a watch, causes the events once it is registered, and waits for its end."""
        if watching.causes:
            self._wait_watchers(0)
        with self._start(watching.watch) as process:
            deadline = threading.Timer(PATIENCE, process.kill)
            deadline.start()
            try:
                if watching.causes:
                    self._wait_watchers(1)
                for cause in watching.causes:
                    self.run(cause)
                stdout = _read_until(process, watching.until)
                rest, stderr = process.communicate(timeout=PATIENCE)
            finally:
                deadline.cancel()
                process.kill()
        return self._outcome(watching.watch, process.returncode, stdout + rest, stderr)

    def _start(self, command: Command) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self._launcher, *self._program(), *self._arguments(command)],
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _program(self) -> Sequence[str]:
        path = shutil.which("etcdctl")
        if path is None:
            raise EtcdMissing("no `etcdctl` on the PATH: install Debian's etcd-client 3.4")
        return [path]

    def _arguments(self, command: Command) -> list[str]:
        return [*_PATIENT, *map(self._filled, command.arguments)]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "ETCDCTL_API": "2",
            "ETCDCTL_ENDPOINTS": self.endpoints,
        }

    def _filled(self, argument: str) -> str:
        if "{endpoints}" in argument:
            return argument.replace("{endpoints}", self.endpoints)
        for server in self.servers:
            own = server.endpoint
            argument = argument.replace(f"{{id:{own.name}}}", own.member_id)
            argument = argument.replace(f"{{client:{own.name}}}", own.client_url)
            argument = argument.replace(f"{{peer:{own.name}}}", own.peer_url)
        return argument

    def _wait_watchers(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while _watchers(self.servers[0]) != count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"there were never {count} watchers")
            time.sleep(0.005)

    def _outcome(self, command: Command, status: int, stdout: str, stderr: str) -> Outcome:
        out = self._normalised(stdout).splitlines(keepends=True)
        err = self._normalised(stderr).splitlines(keepends=True)
        if command.any_order:
            out, err = sorted(map(_sorted_list, out)), sorted(map(_sorted_list, err))
        return Outcome(status, tuple(out), tuple(err))

    def _normalised(self, text: str) -> str:
        text = text.replace(self.endpoints, "<endpoints>")
        for endpoint in (server.endpoint for server in self.servers):
            for own, name in (
                (endpoint.client_url, f"<client of {endpoint.name}>"),
                (endpoint.peer_url, f"<peer of {endpoint.name}>"),
                (endpoint.client_url.removeprefix("http://"), f"<address of {endpoint.name}>"),
                (endpoint.member_id, f"<id of {endpoint.name}>"),
            ):
                text = text.replace(own, name)
        return _ID.sub("<id>", _TTL.sub(r"\1<ttl>", _TIME.sub("<time>", text)))


def _sorted_list(line: str) -> str:
    """With the members of ETCD_INITIAL_CLUSTER="a=…,b=…" in order."""
    name, quote, rest = line.partition('="')
    return name + quote + ",".join(sorted(rest.rstrip('"\n').split(","))) if quote else line


def _watchers(server: Server) -> int:
    with server.connect() as connection:
        body = connection.request("GET", "/v2/stats/store").body
    found = re.search(rb'"watchers":(\d+)', body)
    assert found is not None
    return int(found[1])


def _read_until(process: subprocess.Popen[str], line: str | None) -> str:
    """What it printed up to that line, whereupon it is interrupted; nothing without a line."""
    assert process.stdout is not None
    if line is None:
        return ""
    printed = ""
    for each in process.stdout:
        printed += each
        if each.rstrip("\n") == line:
            process.send_signal(signal.SIGINT)
            return printed
    raise AssertionError(f"it never printed {line!r}, but {printed!r}")
