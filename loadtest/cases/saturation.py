"""Cases in which wrk, with one thread, asks as fast as it gets answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from loadtest.case import Bench, Case, Row
from loadtest.client import must
from loadtest.results import Cell
from loadtest.servers import Cluster

KEYS = 1000
BYTES = 100
_ROOT_PASSWORD = "benchmark"

Measure = Callable[[Bench, Cluster, str], Cell]


def simple(name: str, title: str, measure: Measure, members: int = 3) -> Case:
    """A case of one row: fresh members that hold the keys, then one measurement."""

    def run(bench: Bench) -> list[Cell]:
        with bench.cluster(members) as cluster:
            bench.load(cluster.leader(), "bench", KEYS, BYTES)
            return [measure(bench, cluster, name)]

    return Case(name, (Row(name, title),), run)


def put(connections: int) -> Measure:
    """PUTs of 100 bytes through the leader."""

    def measure(bench: Bench, cluster: Cluster, row: str) -> Cell:
        return bench.saturate(row, cluster, "put.lua", KEYS, BYTES, connections=connections)

    return measure


def get(bench: Bench, cluster: Cluster, row: str) -> Cell:
    """GETs, answered by the leader from its own tree."""
    return bench.saturate(row, cluster, "get.lua", KEYS, connections=64)


def quorum_get(bench: Bench, cluster: Cluster, row: str) -> Cell:
    """GETs with quorum=true: no answer is older than the question."""
    return bench.saturate(row, cluster, "get.lua", KEYS, "quorum=true", connections=64)


def half_and_half(bench: Bench, cluster: Cluster, row: str) -> Cell:
    """Half GET with quorum=true, half PUT: what vard's own bench asks for."""
    return bench.saturate(row, cluster, "mix.lua", KEYS, BYTES, connections=64)


def put_through_follower(bench: Bench, cluster: Cluster, row: str) -> Cell:
    """PUTs to a member that has to pass them on."""
    follower = cluster.follower()
    return bench.saturate(row, cluster, "put.lua", KEYS, BYTES, connections=64, member=follower)


def put_in_directories(bench: Bench, cluster: Cluster, row: str) -> Cell:
    """PUTs of 1 KiB to keys three directories deep."""
    return bench.saturate(row, cluster, "put_dirs.lua", KEYS, 1024, connections=64)


def put_with_auth(bench: Bench) -> list[Cell]:
    """The same PUTs before and after auth is switched on, with 16 connections."""
    with bench.cluster() as cluster:
        bench.load(cluster.leader(), "bench", KEYS, BYTES)
        open_to_all = put(16)(bench, cluster, "put-16")
        header = _switch_auth_on(cluster)
        _prove_password(cluster, header)
        guarded = bench.saturate(
            "put-auth-16", cluster, "put.lua", KEYS, BYTES, connections=16, headers=[header]
        )
        return [open_to_all, guarded]


def _switch_auth_on(cluster: Cluster) -> str:
    port = cluster.leader().port
    user = {"user": "root", "password": _ROOT_PASSWORD}
    must(port, "PUT", "/v2/auth/users/root", json.dumps(user))
    must(port, "PUT", "/v2/auth/enable")
    credentials = base64.b64encode(f"root:{_ROOT_PASSWORD}".encode()).decode()
    return f"Authorization: Basic {credentials}"


def _prove_password(cluster: Cluster, header: str) -> None:
    """One request first: wrk takes the time of a single bcrypt for that of many requests, since
    it makes up those that it would have sent meanwhile."""
    port = cluster.leader().port
    name, _, value = header.partition(": ")
    must(port, "GET", "/v2/keys/bench/k0", headers={name: value})


CASES = (
    simple("put-1", "PUT, 1 connection", put(1)),
    simple("put-64", "PUT, 64 connections", put(64)),
    simple("put-256", "PUT, 256 connections", put(256)),
    simple("get-64", "GET, 64 connections", get),
    simple("get-quorum-64", "GET quorum=true, 64 connections", quorum_get),
    simple("mix-64", "half GET quorum=true, half PUT, 64 connections", half_and_half),
    simple("put-follower-64", "PUT through a follower, 64 connections", put_through_follower),
    simple("put-one-node-64", "PUT, one member, 64 connections", put(64), members=1),
    simple("put-dirs-64", "PUT of 1 KiB in directories, 64 connections", put_in_directories),
    Case(
        "put-auth",
        (
            Row("put-16", "PUT, 16 connections, auth off"),
            Row("put-auth-16", "PUT, 16 connections, auth on"),
            Row(
                "put-auth-16-own",
                "PUT, 16 connections, our own: auth on / off",
                of="put-auth-16",
                versus="put-16",
            ),
        ),
        put_with_auth,
    ),
)
