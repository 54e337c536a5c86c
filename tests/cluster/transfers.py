"""Running `vard-http backup`, `restore` and `import`, and clusters begun by what they made."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.client import get
from tests.harness.cluster import Cluster
from tests.harness.processes import Server
from vard_http.cli import main

JSON = {"Content-Type": "application/json"}
ROOT = {"Authorization": "Basic cm9vdDpzZWNyZXQ="}
"""root:secret"""

_CHECKOUT = Path(__file__).parents[2]


def spawn(*arguments: object) -> subprocess.Popen[str]:
    """Start a command as a process of its own, its output piped."""
    command = [sys.executable, "-m", "vard_http", *map(str, arguments)]
    return subprocess.Popen(command, cwd=_CHECKOUT, text=True, stderr=subprocess.PIPE)


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


def import_keys(source: Server, target: Server, *more: object, status: int = 0) -> str:
    urls = ("--from", source.endpoint.client_url, "--to", target.endpoint.client_url)
    return run("import", *urls, *more, status=status)


def tree(server: Server) -> object:
    """All that is listed, without what no import can keep."""

    def clean(node: dict[str, object]) -> object:
        nodes = node.get("nodes") or []
        assert isinstance(nodes, list)
        shown = {name: node.get(name) for name in ("key", "value", "dir")}
        return shown | {"mortal": "expiration" in node, "nodes": [clean(child) for child in nodes]}

    return clean(json.loads(get(server, "/v2/keys/?recursive=true&sorted=true").body)["node"])


def enable_auth(server: Server) -> None:
    with server.connect() as connection:
        user = b'{"user":"root","password":"secret"}'
        assert connection.request("PUT", "/v2/auth/users/root", JSON, user).status == 201
        guest = b'{"user":"ann","password":"ann"}'
        assert connection.request("PUT", "/v2/auth/users/ann", JSON, guest).status == 201
        assert connection.request("PUT", "/v2/auth/enable", JSON, b"").status == 200
