"""`top`, `check` and `bench` with real members, which also die and stand still."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

import pytest

from tests.cluster.client import wait_until
from tests.ctl.inside import Ran, run, run_alone
from tests.harness.cluster import Cluster, running_cluster
from tests.harness.processes import Server, start_server
from vard_http.client import Client, ClientError

PATIENCE = 20.0
BUSY = {"disk", "leader", "term"}
"""What a slow machine may fail in: its fsyncs take long, and there may be an election."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster("vard", 3) as running:
        yield running


def environment(cluster: Cluster) -> dict[str, str]:
    urls = ",".join(server.endpoint.client_url for server in cluster.servers)
    return {"VARDCTL_ENDPOINTS": urls, "PATH": os.environ["PATH"], "TERM": "xterm"}


def on(cluster: Cluster, *arguments: str) -> Ran:
    """Runs `vardctl ARGUMENTS` with all members as endpoints."""
    return run_alone(["--timeout", "1s", *arguments], environment(cluster))


def bad(ran: Ran) -> set[tuple[str, str, str]]:
    """Level, check and member of all that is not ok."""
    findings = json.loads(ran.out)["findings"]
    found = [one for one in findings if one["level"] != "ok" and one["check"] not in BUSY]
    assert all(one["advice"] for one in found)
    return {(one["level"], one["check"], one["member"]) for one in found}


@contextlib.contextmanager
def paused(cluster: Cluster, *servers: Server) -> Iterator[None]:
    """They stand still; afterwards all is well again."""
    for server in servers:
        server.pause()
    try:
        yield
    finally:
        for server in servers:
            server.resume()
        wait_until(lambda: all_are_healthy(cluster), "all members are healthy")


@contextlib.contextmanager
def dead(cluster: Cluster, server: Server) -> Iterator[None]:
    """It is gone; afterwards all is well again."""
    server.kill()
    try:
        yield
    finally:
        server.start()
        wait_until(lambda: all_are_healthy(cluster), "all members are healthy")


def all_are_healthy(cluster: Cluster) -> bool:
    """Each can have a read agreed on."""
    with Client(cluster.servers[0].endpoint.client_url) as client:
        try:
            urls = [server.endpoint.client_url for server in cluster.servers]
            return all(client.health(url).healthy for url in urls)
        except ClientError:
            return False


def test_top_in_a_pipe_is_one_table(cluster: Cluster) -> None:
    leader = cluster.leader().endpoint.name
    ran = run(cluster.servers[0], "top", "--interval", "200ms")
    heading, _, titles, *lines = ran.out.splitlines()
    assert ran.status == 0
    assert f"leader {leader}  term" in heading
    assert heading.endswith("3 of 3 answer")
    assert titles.split()[:4] == ["MEMBER", "ROLE", "TERM", "COMMIT"]
    assert [line.split()[0] for line in lines] == ["n1", "n2", "n3"]
    assert [line.split()[0] for line in lines if line.split()[1] == "leader"] == [leader]
    assert "\x1b" not in ran.out


def test_top_as_json_has_figures(cluster: Cluster) -> None:
    ran = on(cluster, "--output", "json", "top", "--interval", "200ms")
    told = json.loads(ran.out)
    assert (told["cluster"]["answering"], told["cluster"]["quorum"]) == (3, 2)
    for member in told["members"]:
        assert member["commit"] > 0
        assert member["lag"] is not None
        assert member["memory"] > 1e6
        assert member["database"] > 4096
        assert member["writes"] == 0.0
        assert member["fsync_p99"]["high"] > 0


def test_top_without_a_cluster_fails(cluster: Cluster) -> None:
    ran = run_alone(["--endpoints", "http://127.0.0.1:1", "top", "--once"], {})
    assert (ran.status, ran.err) == (
        2,
        "Error:  nobody answers at http://127.0.0.1:1: Connection refused\n",
    )


def test_a_healthy_cluster_passes_the_check(cluster: Cluster) -> None:
    ran = on(cluster, "check", "-o", "json")
    assert bad(ran) == set()
    checks = {one["check"] for one in json.loads(ran.out)["findings"]}
    assert {"health", "quorum", "leader", "term", "lag", "peers", "members", "urls"} <= checks
    assert {"version", "clock", "space", "files"} <= checks
    levels = {one["level"] for one in json.loads(ran.out)["findings"]}
    assert ran.status == (2 if "fail" in levels else 1 if "warn" in levels else 0)


def test_a_paused_member_is_found(cluster: Cluster) -> None:
    follower = cluster.followers()[0]
    with paused(cluster, follower):
        ran = on(cluster, "check", "-o", "json")
    assert bad(ran) == {("fail", "health", follower.endpoint.name), ("warn", "quorum", "")}
    assert "no answer within 1 s" in ran.out
    assert ran.status == 2


def test_a_dead_member_is_found(cluster: Cluster) -> None:
    follower = cluster.followers()[0]
    with dead(cluster, follower):
        ran = on(cluster, "check", "-o", "json")
        table = on(cluster, "top", "--once", "--interval", "100ms").out
    assert bad(ran) == {("fail", "health", follower.endpoint.name), ("warn", "quorum", "")}
    assert ran.status == 2
    row = next(line for line in table.splitlines() if line.startswith(follower.endpoint.name))
    assert row.split()[1] == "unreachable"


def test_without_a_quorum_the_check_says_so(cluster: Cluster) -> None:
    with paused(cluster, *cluster.followers()):
        ran = on(cluster, "check")
    assert "FAIL  quorum" in ran.out
    assert "nothing can be written" in ran.out
    assert ran.status == 2


def test_bench_measures_and_leaves_nothing(cluster: Cluster) -> None:
    ran = on(
        cluster,
        *("bench", "--requests", "300", "--keys", "20", "--connections", "6"),
        *("--writes", "1", "--reads", "1", "--quorum-reads", "1", "-o", "json"),
        *("--prefix", "/made/for/it"),
    )
    told = json.loads(ran.out)
    assert ran.status == 0
    assert told["total"]["requests"] == 300
    assert told["total"]["failed"] == 0
    assert set(told["kinds"]) == {"write", "read", "quorum read"}
    assert told["total"]["latency"]["p50"] <= told["total"]["latency"]["p99"]
    assert sum(bar["count"] for bar in told["histogram"]) == 300
    assert len(told["targets"]) == 3
    assert on(cluster, "ls", "/").out == ""


def test_bench_that_may_not_write_says_why_and_no_more(cluster: Cluster) -> None:
    on(cluster, "set", "/file", "value")
    ran = on(cluster, "bench", "--prefix", "/file/bench")
    assert ran.status == 4
    assert ran.err.startswith("Error:  104: Not a directory (/file) [")
    assert ran.err.count("\n") == 1
    on(cluster, "rm", "/file")


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("--connections", "0"), "--connections must be at least 1"),
        (("--requests=0",), "--requests must be at least 1"),
        (
            ("--writes", "0", "--reads", "0"),
            "one of --writes, --reads and --quorum-reads must be > 0",
        ),
    ],
)
def test_bench_refuses_what_is_no_load(
    cluster: Cluster, flags: tuple[str, ...], reason: str
) -> None:
    ran = on(cluster, "bench", *flags)
    assert (ran.status, ran.err) == (1, f"Error:  {reason}\n")


class Terminal:
    """`vardctl` on a terminal of 80 columns and 24 lines."""

    def __init__(self, env: dict[str, str], *arguments: str) -> None:
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(self._master, (24, 80))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vard_http.ctl", "--timeout", "500ms", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            start_new_session=True,
        )
        os.close(slave)
        self._shown = ""

    def wait_for(self, text: str) -> None:
        """What is shown up to `text` is forgotten. Raises AssertionError if that does not come."""
        deadline = time.monotonic() + PATIENCE
        while text not in self._shown:
            left = deadline - time.monotonic()
            ready = select.select([self._master], [], [], left)[0] if left > 0 else []
            assert ready, f"no {text!r} in {self._shown[-4000:]!r}"
            self._shown += os.read(self._master, 65536).decode(errors="replace")
        self._shown = self._shown.partition(text)[2]

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)


def test_top_on_a_terminal_tells_who_is_lost_and_back_until_q(cluster: Cluster) -> None:
    terminal = Terminal(environment(cluster), "top", "--interval", "200ms")
    with contextlib.closing(terminal):
        terminal.wait_for("3 of 3 answer")
        follower = cluster.followers()[0]
        name = follower.endpoint.name
        with dead(cluster, follower):
            terminal.wait_for(f"{name} is lost: ")
        terminal.wait_for(f"{name} is back")
        terminal.press("p")
        terminal.wait_for(", paused")
        terminal.press("q")
        terminal.wait_for("\x1b[?1049l")
        assert terminal.process.wait(PATIENCE) == 0


def test_bench_that_is_interrupted_tells_its_figures_and_cleans_up(cluster: Cluster) -> None:
    terminal = Terminal(environment(cluster), "bench", "--duration", "10m", "--keys", "5")
    with contextlib.closing(terminal):
        terminal.wait_for("measuring")
        os.kill(terminal.process.pid, signal.SIGINT)
        terminal.wait_for("PER SECOND")
        assert terminal.process.wait(PATIENCE) == 0
    assert on(cluster, "ls", "/").out == ""


@pytest.fixture(scope="module")
def etcd() -> Iterator[Server]:
    with start_server("etcd") as server:
        yield server


@pytest.mark.etcd
def test_top_shows_an_etcd_too(etcd: Server) -> None:
    told = json.loads(run(etcd, "top", "--interval", "200ms", "-o", "json").out)
    (member,) = told["members"]
    assert (member["name"], member["role"], member["lag"]) == ("default", "leader", 0)
    assert member["commit"] > 0
    assert member["fsync_p99"] is not None
    assert member["cpu"] is not None
    assert member["database"] > 0


@pytest.mark.etcd
def test_an_etcd_passes_the_check(etcd: Server) -> None:
    ran = run(etcd, "check", "-o", "json")
    assert bad(ran) == set()
    assert "all run etcd 3.4.23, cluster version 3.4.0" in ran.out


@pytest.mark.etcd
def test_bench_measures_an_etcd(etcd: Server) -> None:
    ran = run(etcd, "bench", "--requests", "50", "--keys", "5", "--quorum-reads", "50")
    assert ran.status == 0
    assert run(etcd, "ls", "/").out == ""
