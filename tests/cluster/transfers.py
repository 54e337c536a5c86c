"""Running `vard-http backup`, `restore` and `import`, and clusters begun by what they made."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.harness.cluster import Cluster
from tests.harness.processes import Server
from vard_http.cli import main

ROOT = Path(__file__).parents[2]


def spawn(*arguments: object) -> subprocess.Popen[str]:
    """Start a command as a process of its own, its output piped."""
    command = [sys.executable, "-m", "vard_http", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stderr=subprocess.PIPE)


def run(*arguments: object, status: int = 0) -> str:
    """Run a command to its end, which must be `status`; returns what it said."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        ended = main([*map(str, arguments)])
    assert ended == status, said.getvalue()
    return said.getvalue()


@contextlib.contextmanager
def begun_by(size: int, command: str, *arguments: object) -> Iterator[Cluster]:
    """A running cluster whose members' data directories `command` made."""
    cluster = Cluster("vard", size)
    flag = "--data-dir" if command == "restore" else "--into"
    try:
        for server in cluster.servers:
            data_dir = server.directory / "data"
            named = ("--name", server.endpoint.name, "--initial-cluster", cluster.initial_cluster)
            run(command, *arguments, flag, data_dir, *named)
        cluster.start()
        yield cluster
    finally:
        cluster.close()


def only(cluster: Cluster) -> Server:
    """The one member of a cluster of one."""
    (server,) = cluster.servers
    return server
