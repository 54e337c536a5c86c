"""Cases for the charts: throughput and latency along one axis."""

from __future__ import annotations

from loadtest.case import Axis, Bench, Case, Row
from loadtest.cases.saturation import BYTES, KEYS
from loadtest.results import Cell

CONNECTIONS = (1, 4, 16, 64, 256)
VALUE_BYTES = (16, 128, 1024, 8192, 65536)
NUMBERS_OF_KEYS = (100, 1_000, 10_000, 100_000)
MEMBERS = (1, 3, 5)


def point(
    axis: Axis,
    at: int,
    *,
    connections: int = 64,
    size: int = BYTES,
    keys: int = KEYS,
    members: int = 3,
) -> Case:
    """PUT and GET at one place of an axis, both on the same members."""
    place = f"{axis.replace(' ', '-')}-{at}"
    put, get = f"put-by-{place}", f"get-by-{place}"

    def run(bench: Bench) -> list[Cell]:
        with bench.cluster(members) as cluster:
            bench.load(cluster.leader(), "bench", keys, size)
            return [
                bench.saturate(put, cluster, "put.lua", keys, size, connections=connections),
                bench.saturate(get, cluster, "get.lua", keys, connections=connections),
            ]

    rows = (
        Row(put, f"PUT, {axis}: {at:,}", at=(axis, at)),
        Row(get, f"GET, {axis}: {at:,}", at=(axis, at)),
    )
    return Case(f"by-{place}", rows, run, "sweeps")


CASES = (
    *(point("connections", at, connections=at) for at in CONNECTIONS),
    *(point("value bytes", at, size=at, keys=100) for at in VALUE_BYTES),
    *(point("keys", at, keys=at) for at in NUMBERS_OF_KEYS),
    *(point("members", at, members=at) for at in MEMBERS),
)
