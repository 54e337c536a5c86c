"""Filling a real etcd with a bit of everything, and noting what it says before it is stopped.

`python -m tests.cluster.etcd_content` records the directories in tests/data/etcd-3.4.23.
"""

from __future__ import annotations

import io
import json
import tarfile
import time
from pathlib import Path
from typing import Any

import msgspec

from tests.cluster.client import get, wait_until
from tests.harness.cluster import running_cluster
from tests.harness.processes import Server, start_server
from tests.harness.wire import FORM, Connection, Deadline

RECORDED = Path(__file__).parents[1] / "data" / "etcd-3.4.23"

REQUESTS = (
    ("PUT", "/v2/keys/a/plain", b"value=1"),
    ("PUT", "/v2/keys/a/plain", b"value=2"),
    ("PUT", "/v2/keys/a/unicode%20%E2%98%83", "value=Grüße+%26+<tags>".encode()),
    ("PUT", "/v2/keys/a/bytes", b"value=%FF%FE%00"),
    ("PUT", "/v2/keys/a/empty", b"value="),
    ("PUT", "/v2/keys/d/empty", b"dir=true"),
    ("PUT", "/v2/keys/d/gone/deep/key", b"value=x"),
    ("DELETE", "/v2/keys/d/gone?recursive=true", b""),
    ("PUT", "/v2/keys/cas", b"value=1"),
    ("PUT", "/v2/keys/cas", b"value=2&prevValue=1"),
    ("PUT", "/v2/keys/cas", b"value=3&prevValue=1"),
    ("PUT", "/v2/keys/cad", b"value=1"),
    ("DELETE", "/v2/keys/cad?prevValue=1", b""),
    ("PUT", "/v2/keys/once", b"value=1&prevExist=false"),
    ("PUT", "/v2/keys/once", b"value=2&prevExist=false"),
    ("PUT", "/v2/keys/once", b"value=2&prevExist=true"),
    ("POST", "/v2/keys/queue", b"value=job"),
    ("POST", "/v2/keys/queue", b"value=job"),
    ("PUT", "/v2/keys/_hidden/key", b"value=unseen"),
    ("PUT", "/v2/keys/short", b"value=gone&ttl=0"),
    ("PUT", "/v2/keys/ttl/long", b"value=1&ttl=100000000"),
    ("PUT", "/v2/keys/ttl/long", b"ttl=200000000&refresh=true&prevExist=true"),
    ("PUT", "/v2/keys/ttl/dir", b"dir=true&ttl=300000000"),
    ("PUT", "/v2/keys/ttl/dir/key", b"value=1"),
    ("PUT", "/v2/keys/ttl/endless", b"value=1&ttl=9223372036"),
    ("GET", "/v2/keys/a?quorum=true", b""),
    ("DELETE", "/v2/keys/not-there", b""),
)
ACCOUNTS = (
    (
        "/v2/auth/roles/reader",
        b'{"role":"reader","permissions":{"kv":{"read":["/a/*"],"write":[]}}}',
    ),
    ("/v2/auth/users/root", b'{"user":"root","password":"secret"}'),
    ("/v2/auth/users/ann", b'{"user":"ann","password":"ann","roles":["reader"]}'),
)


class Observed(msgspec.Struct, frozen=True):
    """What an etcd said: its index, its trees, users and roles, and the event that a watch from
    each index of its history gets."""

    index: int
    tree: str
    hidden: str
    users: str
    roles: str
    events: dict[int, str]


def fill(server: Server, rounds: int = 2) -> None:
    """Send all requests `rounds` times, then make users; waits for what expires."""
    with server.connect() as connection:
        for _ in range(rounds):
            for method, target, body in REQUESTS:
                connection.request(method, target, {"Content-Type": FORM} if body else {}, body)
        for target, body in ACCOUNTS:
            answer = connection.request("PUT", target, {"Content-Type": "application/json"}, body)
            assert answer.status in (200, 201), answer
    wait_until(lambda: get(server, "/v2/keys/short").status == 404, "a key expires")


def observe(server: Server) -> Observed:
    """Ask for all of it; the server has been idle for a while, so that nothing is on its way."""
    tree = get(server, "/v2/keys/?recursive=true&sorted=true&quorum=true")
    index = int(tree.head.get("X-Etcd-Index") or 0)
    return Observed(
        index=index,
        tree=tree.body.decode(),
        hidden=get(server, "/v2/keys/_hidden?recursive=true&sorted=true").body.decode(),
        users=get(server, "/v2/auth/users").body.decode(),
        roles=get(server, "/v2/auth/roles").body.decode(),
        events=_events(server, index),
    )


def _events(server: Server, index: int) -> dict[int, str]:
    """What each watch gets, up to the first that would have to wait: so would all after it."""
    events: dict[int, str] = {}
    for since in range(1, index):
        events[since] = event(server, since)
        if not events[since]:
            break
    return events


def event(server: Server, since: int) -> str:
    """The first event below the root from index `since` on; empty if there is none."""
    try:
        with Connection(server.port, timeout=0.3) as connection:
            target = f"/v2/keys/?wait=true&recursive=true&waitIndex={since}"
            return connection.request("GET", target).body.decode()
    except Deadline:
        return ""


def without_ttl(body: str) -> Any:
    """A body without `ttl`, which is counted from the moment of the answer."""

    def clean(node: Any) -> Any:
        if isinstance(node, dict):
            return {name: clean(part) for name, part in node.items() if name != "ttl"}
        return [clean(part) for part in node] if isinstance(node, list) else node

    return clean(json.loads(body)) if body else None


def change_members(server: Server) -> None:
    """Add a member that never starts, move it, and remove it."""
    kind = {"Content-Type": "application/json"}
    with server.connect() as connection:
        urls = [f'{{"peerURLs":["http://127.0.0.1:{port}"]}}'.encode() for port in (1, 2)]
        added = connection.request("POST", "/v2/members", kind, urls[0])
        assert added.status == 201, added
        member = "/v2/members/" + json.loads(added.body)["id"]
        assert connection.request("PUT", member, kind, urls[1]).status == 204
        assert connection.request("DELETE", member, {}).status == 204


def settled(server: Server) -> None:
    """Give a follower the time to hear that all it has is committed."""
    time.sleep(0.5)
    assert get(server, "/v2/keys/?quorum=true").status == 200


def pack(data_dir: Path) -> bytes:
    """The snapshots and the log in a data directory, the log without the space reserved for it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as archive:
        for path in sorted(data_dir.glob("member/*/*")):
            if path.suffix not in (".snap", ".wal") or path.name.startswith("0.tmp"):
                continue
            content = path.read_bytes()
            if path.suffix == ".wal":
                content = content.rstrip(b"\0") + bytes(64)
                content += bytes(-len(content) % 8)
            header = tarfile.TarInfo(str(path.relative_to(data_dir)))
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return packed.getvalue()


def _record(name: str, server: Server, data_dir: Path) -> None:
    observed = observe(server)
    server.kill()
    (RECORDED / f"{name}.tar.xz").write_bytes(pack(data_dir))
    (RECORDED / f"{name}.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(observed), indent=1) + b"\n"
    )


def _main() -> None:
    with start_server("etcd", ["--snapshot-count=25"]) as server:
        fill(server)
        _record("single", server, server.directory / "data")
    with start_server("etcd") as server:
        fill(server, 1)
        _record("log-only", server, server.directory / "data")
    flags = ["--snapshot-count=40", "--strict-reconfig-check=false"]
    with running_cluster("etcd", 3, flags) as cluster:
        fill(cluster.servers[0])
        change_members(cluster.servers[0])
        settled(cluster.servers[0])
        follower = cluster.followers()[0]
        _record("cluster", follower, follower.directory / "data")


if __name__ == "__main__":
    _main()
