"""Cases with many watchers, many keys, or nothing to do."""

from __future__ import annotations

import socket
import time

from loadtest import procfs
from loadtest.case import Bench, Case, Row
from loadtest.client import FORM, must
from loadtest.figures import median, percentile
from loadtest.probes import PauseProbe
from loadtest.results import Cell
from loadtest.servers import Cluster, Member
from loadtest.watchers import watching

WATCHERS = 10_000
MILLION = 1_000_000
LISTED = 100_000
SNAPSHOT_COUNT = 100_000  # the default of both sides
RESTART_SECONDS = 300.0
IDLE_SECONDS = 20


def watchers(bench: Bench) -> list[Cell]:
    """10,000 watchers on one key of the leader: its memory for them, then one PUT to all."""
    count = bench.scaled(WATCHERS)
    with bench.cluster() as cluster:
        leader = cluster.leader()
        must(leader.port, "PUT", "/v2/keys/watched", "value=0", FORM)
        before = procfs.resident_mib(leader.pid)
        bench.tell(f"opening {count:,} watchers")
        with watching(leader.port, "/v2/keys/watched", count) as clients:
            grown = procfs.resident_mib(leader.pid) - before
            with bench.watched(cluster) as spent:
                started = _send_put(leader.port)
                times = clients.events()
        waits = [(at - started) * 1000 for at in times]
        told = bench.cell("watchers-time", waits[-1])
        told.p50_ms, told.p99_ms = percentile(waits, 50), percentile(waits, 99)
        spent.into(told, count)
        memory = bench.cell("watchers-memory", grown)
        memory.extra = {"KiB a watcher": grown * 1024 / count}
        return [told, memory]


def _send_put(port: int) -> float:
    """Sends a PUT of the watched key without reading its answer; when (perf_counter) it left."""
    body = b"value=1"
    head = (
        "PUT /v2/keys/watched HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: {FORM['Content-Type']}\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as connection:
        started = time.perf_counter()
        connection.sendall(head.encode() + body)
        connection.recv(4096)
    return started


def million(bench: Bench) -> list[Cell]:
    """1,000,000 keys of 100 bytes: memory while loading, pauses under writes, and restarts."""
    keys = bench.scaled(MILLION)
    with bench.cluster() as cluster:
        leader = cluster.leader()
        floor = _longest_pause(bench, cluster, bench.scaled(SNAPSHOT_COUNT) // 2)
        with bench.watched(cluster) as spent:
            started = time.monotonic()
            bench.load(leader, "load", keys, 100, 1000)
            took = time.monotonic() - started
        peaks = {f"{m.name} MiB": procfs.peak_mib(m.pid) for m in cluster.members}
        memory = bench.cell("million-memory", max(peaks.values()))
        memory.extra = {**peaks, "load s": took}
        spent.into(memory, keys)
        pause = _longest_pause(bench, cluster, bench.scaled(SNAPSHOT_COUNT * 11 // 10))
        pause.extra["same, before the million ms"] = floor.value
        return [memory, pause, *_restarts(bench, cluster)]


def _longest_pause(bench: Bench, cluster: Cluster, writes: int) -> Cell:
    """The longest answer to GETs sent each millisecond while 4 connections write.

    More than SNAPSHOT_COUNT writes make every member take a snapshot and compact its log.
    """
    leader = cluster.leader()
    path = "/v2/keys/load/probe"
    must(leader.port, "PUT", path, "value=x", FORM)
    bench.tell(f"looking for pauses during {writes:,} writes")
    with PauseProbe(leader.port, path) as probe:
        bench.load(leader, "load", writes, 100, 1000, connections=4)
    if probe.broken:
        raise ConnectionError("the probe's connection broke: its server stood still or ended")
    cell = bench.cell("million-pause", probe.longest_ms)
    cell.extra = {"probe woken late ms": probe.late_ms, "probes": float(probe.answers)}
    return cell


def _restarts(bench: Bench, cluster: Cluster) -> list[Cell]:
    """kill -9 of a follower, then of all members, and the time until /health is true."""
    follower = cluster.follower()
    bench.tell("restarting a follower")
    one = _restart(cluster, [follower])
    bench.tell("restarting all members")
    return [
        bench.cell("million-restart", one),
        bench.cell("million-restart-all", _restart(cluster, cluster.members)),
    ]


def _restart(cluster: Cluster, members: list[Member]) -> float:
    for member in members:
        member.kill()
    started = time.monotonic()
    cluster.start(members)
    for member in members:
        member.wait(member.healthy, RESTART_SECONDS)
    return time.monotonic() - started


def listing(bench: Bench) -> list[Cell]:
    """One directory of 100,000 keys of 16 bytes, listed sorted, again and again."""
    with bench.cluster() as cluster:
        leader = cluster.leader()
        bench.load(leader, "list", bench.scaled(LISTED), 16)
        waits: list[float] = []
        with bench.watched(cluster) as spent:
            until = time.monotonic() + bench.seconds
            while time.monotonic() < until or len(waits) < 3:
                bench.tell(f"listing, {len(waits)} times so far")
                started = time.perf_counter()
                must(leader.port, "GET", "/v2/keys/list?sorted=true")
                waits.append((time.perf_counter() - started) * 1000)
        cell = bench.cell("list-sorted", median(waits))
        cell.p50_ms, cell.p99_ms, cell.requests = cell.value, max(waits), len(waits)
        spent.into(cell, len(waits))
        return [cell]


def idle(bench: Bench) -> list[Cell]:
    """Three members with nothing to do: the share of one core that all three take."""
    with bench.cluster() as cluster:
        time.sleep(3)
        seconds = max(bench.scaled(IDLE_SECONDS), bench.seconds)
        bench.tell(f"waiting {seconds} s")
        before = sum(procfs.cpu_seconds(member.pid) for member in cluster.members)
        started = time.monotonic()
        time.sleep(seconds)
        used = sum(procfs.cpu_seconds(member.pid) for member in cluster.members) - before
        return [bench.cell("idle-cpu", used / (time.monotonic() - started) * 100)]


CASES = (
    Case(
        "watchers",
        (
            Row("watchers-time", "10,000 watchers of a key: all have one event", "ms", False),
            Row("watchers-memory", "10,000 watchers: memory they take", "MiB", False),
        ),
        watchers,
    ),
    Case(
        "million",
        (
            Row("million-memory", "1,000,000 keys: peak memory while loading", "MiB", False),
            Row("million-pause", "1,000,000 keys: longest pause", "ms", False, limit=50),
            Row("million-restart", "1,000,000 keys: a follower, kill -9 to /health", "s", False),
            Row("million-restart-all", "1,000,000 keys: all members, the same", "s", False),
        ),
        million,
    ),
    Case(
        "list-sorted",
        (Row("list-sorted", "listing 100,000 keys sorted", "ms", False),),
        listing,
    ),
    Case("idle-cpu", (Row("idle-cpu", "idle, all three members", "% of a core", False),), idle),
)
