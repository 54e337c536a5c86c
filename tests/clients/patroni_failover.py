"""Patroni keeps PostgreSQL running on a cluster of three members: `make patroni`.

Three PostgreSQL nodes elect a primary; the primary is killed and another takes over; then the
leader of the store is killed and the primary stays, renewing its lock through the new one. Each
step is timed and has a limit. PostgreSQL refuses to run as root, so that root runs Patroni as the
user `postgres`.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import orjson
import yaml

from tests.harness.cluster import Cluster, running_cluster
from tests.harness.ports import lease_port
from tests.harness.wire import Incoming, open_watch

SIZE = 3

# Patroni takes no smaller ttl and loop_wait, and no retry_timeout greater than half of what is
# between them: for so long a primary looks for the store before it steps down.
TTL_SECONDS = 20
LOOP_SECONDS = 1
RETRY_SECONDS = 9

START_LIMIT = 90.0
FAILOVER_LIMIT = 60.0
STORE_LIMIT = 30.0
RENEWALS = 5

LOCK = "/v2/keys/service/trial/leader"


class Failed(Exception):
    """Something was not as it should be in time."""


class Node:
    """One Patroni process and its PostgreSQL."""

    def __init__(self, name: str, directory: Path, etcd_hosts: str) -> None:
        self.name = name
        self._directory = directory / name
        self._directory.mkdir()
        self._rest = lease_port()
        self._postgres = lease_port()
        self._etcd_hosts = etcd_hosts
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        config = self._directory / "patroni.yml"
        config.write_text(yaml.safe_dump(self._config()))
        _give_to_postgres(self._directory)
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_as_postgres(), _patroni(), str(config)],
                stdout=log,
                stderr=log,
                cwd=self._directory,
                start_new_session=True,
            )

    def status(self) -> dict[str, object]:
        """What Patroni says of itself; empty without an answer."""
        connection = HTTPConnection("127.0.0.1", self._rest.port, timeout=2)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.request("GET", "/patroni")
            answer = connection.getresponse()
            found: dict[str, object] = orjson.loads(answer.read())
            return found
        return {}

    def is_primary(self) -> bool:
        """Whether Patroni holds the leader's lock and its PostgreSQL takes writes."""
        connection = HTTPConnection("127.0.0.1", self._rest.port, timeout=2)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.request("GET", "/primary")
            return connection.getresponse().status == HTTPStatus.OK
        return False

    def is_streaming(self) -> bool:
        return self.status().get("replication_state") == "streaming"

    def sql(self, statement: str) -> str:
        """Runs a statement and returns what psql prints. Raises Failed."""
        where = f"host=127.0.0.1 port={self._postgres.port} user=postgres dbname=postgres"
        done = subprocess.run(
            ["psql", "-XAtq", "-d", where, "-c", statement],
            env={**os.environ, "PGPASSWORD": "super", "PGCONNECT_TIMEOUT": "3"},
            capture_output=True,
            text=True,
            timeout=30,
        )
        if done.returncode:
            raise Failed(f"{self.name}: {done.stderr.strip()}")
        return done.stdout.strip()

    def kill(self) -> None:
        """SIGKILL to Patroni and to all of its PostgreSQL, and waits for the end."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        while running := _working_in(self._directory / "data"):
            for process in running:
                _kill(process)

    def close(self) -> None:
        if self._process is not None:
            self.kill()
        self._rest.release()
        self._postgres.release()

    def last_words(self) -> str:
        log = self._directory / "log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return f"--- {self.name}\n" + "\n".join(lines[-15:])

    def _config(self) -> dict[str, object]:
        postgres = f"127.0.0.1:{self._postgres.port}"
        programs = postgres_programs()
        if programs is None:
            raise Failed("PostgreSQL is not installed")
        return {
            "scope": "trial",
            "name": self.name,
            "restapi": {
                "listen": f"127.0.0.1:{self._rest.port}",
                "connect_address": f"127.0.0.1:{self._rest.port}",
            },
            "etcd": {"hosts": self._etcd_hosts},
            "bootstrap": {
                "dcs": {
                    "ttl": TTL_SECONDS,
                    "loop_wait": LOOP_SECONDS,
                    "retry_timeout": RETRY_SECONDS,
                    "maximum_lag_on_failover": 1_048_576,
                    "postgresql": {"use_pg_rewind": True},
                },
                "initdb": [{"encoding": "UTF8"}],
            },
            "postgresql": {
                "listen": postgres,
                "connect_address": postgres,
                "data_dir": str(self._directory / "data"),
                "bin_dir": str(programs),
                # A killed primary may have written what its successor never got. If it cannot
                # be rewound, it is to begin anew: PostgreSQL's repairs are not what is tried.
                "remove_data_directory_on_rewind_failure": True,
                "remove_data_directory_on_diverged_timelines": True,
                "authentication": {
                    "superuser": {"username": "postgres", "password": "super"},
                    "replication": {"username": "replicator", "password": "copy"},
                },
                "parameters": {"unix_socket_directories": str(self._directory)},
                "pg_hba": [
                    "host all all 127.0.0.1/32 scram-sha-256",
                    "host replication replicator 127.0.0.1/32 scram-sha-256",
                    "local all all trust",
                ],
            },
        }


def main() -> int:
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vard-patroni-")))
        directory.chmod(0o755)
        store = stack.enter_context(running_cluster("vard", SIZE))
        nodes = stack.enter_context(_patronis(directory, store))
        try:
            _trial(nodes, store)
        except Failed as failure:
            print(f"FAILED: {failure}", *(node.last_words() for node in nodes), sep="\n")
            return 1
    print(f"All of it took {time.monotonic() - started:.1f} s.")
    return 0


def _trial(nodes: list[Node], store: Cluster) -> None:
    for node in nodes:
        node.start()
    _timed("a primary is elected", START_LIMIT, lambda: _primary(nodes) is not None)
    _timed("two replicas stream", START_LIMIT, lambda: sum(n.is_streaming() for n in nodes) == 2)
    first = _the_primary(nodes)
    first.sql("CREATE TABLE kept (value text); INSERT INTO kept VALUES ('before')")
    replicas = [node for node in nodes if node is not first]
    _timed("the write is on both", 10, lambda: all(_kept(n) == "before" for n in replicas))

    print(f"{first.name} is the primary, and is killed.")
    first.kill()
    _timed("another takes over", FAILOVER_LIMIT, lambda: _primary(replicas) is not None)
    second = _the_primary(replicas)
    _expect(_kept(second) == "before", "the new primary has what the old one had")
    second.sql("INSERT INTO kept VALUES ('after')")
    first.start()
    _timed("the old one is a replica again", START_LIMIT, first.is_streaming)
    _timed("it has the new write", 10, lambda: _kept(first) == "before\nafter")

    leader = store.leader()
    survivor = next(server for server in store.servers if server is not leader)
    timeline = second.status()["timeline"]
    lock = open_watch(survivor.port, f"{LOCK}?wait=true&stream=true")
    print(f"{second.name} is the primary; {leader.endpoint.name} leads the store, and is killed.")
    leader.kill()
    _timed("the store has a new leader", STORE_LIMIT, lambda: store.leader() is not leader)
    seen = len(_events(lock))
    _timed("the lock is renewed", STORE_LIMIT, lambda: len(_events(lock)) >= seen + RENEWALS)
    for event in _events(lock):
        renewed = event["action"] == "compareAndSwap" and event["node"]["value"] == second.name
        _expect(renewed, f"{event} renews the lock of {second.name}")
    second.sql("INSERT INTO kept VALUES ('still')")
    _expect(_kept(second).endswith("still"), "the primary takes writes")
    _expect(second.status()["timeline"] == timeline, "it has been the primary all the time")


def _events(watch: Incoming) -> list[dict[str, Any]]:
    """All that has happened since the watch began."""
    while watch.pump():
        pass
    return [orjson.loads(line) for line in watch.body.splitlines(True) if line.endswith(b"\n")]


def _kept(node: Node) -> str:
    try:
        return node.sql("SELECT value FROM kept")
    except Failed:
        return ""


def _primary(nodes: list[Node]) -> Node | None:
    return next((node for node in nodes if node.is_primary()), None)


def _the_primary(nodes: list[Node]) -> Node:
    primary = _primary(nodes)
    if primary is None:
        raise Failed("the primary has gone")
    return primary


def _timed(what: str, limit: float, done: Callable[[], bool]) -> None:
    """Waits for something that can only be polled for, and prints how long. Raises Failed."""
    started = time.monotonic()
    while not done():
        _expect(time.monotonic() - started < limit, f"{what} within {limit:g} s")
        time.sleep(0.2)
    print(f"  {what}: {time.monotonic() - started:.1f} s", flush=True)


def _expect(true: bool, what: str) -> None:
    if not true:
        raise Failed(f"not so: {what}")


@contextlib.contextmanager
def _patronis(directory: Path, store: Cluster) -> Iterator[list[Node]]:
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in store.servers)
    nodes = [Node(f"pg{number}", directory, hosts) for number in range(1, SIZE + 1)]
    try:
        yield nodes
    finally:
        for node in nodes:
            node.close()


def _as_postgres() -> list[str]:
    """For root: another user, who may nevertheless enter the directories of root's Python."""
    user = "setpriv --reuid postgres --regid postgres --clear-groups"
    rights = "--inh-caps +dac_override --ambient-caps +dac_override --"
    return [*user.split(), *rights.split()] if os.geteuid() == 0 else []


def _working_in(directory: Path) -> list[int]:
    """The processes with that working directory, oldest first: PostgreSQL's have their data's."""
    found = []
    for process in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{process}/cwd") == str(directory):
                found.append(process)
    return found


def _kill(process: int) -> None:
    """SIGKILL to a process that need not be a child, and waits for its end."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(process)
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            select.select([handle], [], [])
        finally:
            os.close(handle)


def _give_to_postgres(directory: Path) -> None:
    if os.geteuid() == 0:
        for path in (directory, directory / "patroni.yml"):
            shutil.chown(path, "postgres", "postgres")
    directory.chmod(0o700)


def _patroni() -> str:
    """The `patroni` beside this interpreter, or the one on the PATH."""
    beside = Path(sys.executable).with_name("patroni")
    found = str(beside) if beside.exists() else shutil.which("patroni")
    if found is None:
        raise Failed("patroni is neither beside this Python nor on the PATH")
    return found


def postgres_programs() -> Path | None:
    """Where Debian has the programs of its newest PostgreSQL, None if it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


if __name__ == "__main__":
    sys.exit(main())
