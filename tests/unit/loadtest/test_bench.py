"""vard's own bench: its options, its output lines, its end."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from loadtest import bench
from loadtest.bench import Load, Sample, report
from loadtest.servers import NoLeader, find_leader, free_port
from tests.harness.processes import Server, start_server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with start_server("vard") as server:
        yield server


def test_the_output_has_the_lines_of_the_original() -> None:
    samples = [Sample(0, 10.5, 0.25, False), Sample(1, 11.5, 0.5, True), Sample(0, 12.0, 1.5, True)]

    assert report(samples, 2.0) == [
        "Requests:",
        "REQUEST: THREAD 0 TIME 10.5 LATENCY 0.25",
        "REQUEST: THREAD 1 TIME 11.5 LATENCY 0.5",
        "REQUEST: THREAD 0 TIME 12.0 LATENCY 1.5",
        "Total time: 2.000000",
        "1.000000 gets, avg = 0.250000",
        "2.000000 puts, avg = 1.000000",
        "Requests:",
    ]


def test_nothing_of_one_kind_has_the_average_zero() -> None:
    assert report([], 1.0)[2] == "0.000000 gets, avg = 0.000000"


def test_setup_writes_the_keys(server: Server) -> None:
    address = f"127.0.0.1:{server.port}"

    assert bench.main(["setup", "--service", "vard", "--keys", "3", "--cluster", address]) == 0

    with server.connect() as connection:
        values = [connection.request("GET", f"/v2/keys/key{n}").body for n in range(3)]
    assert [f'"value":"value{n}"'.encode() in value for n, value in enumerate(values)] == [True] * 3


def test_bench_finds_the_leader_and_stops_at_the_number_of_requests_of_all_threads(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = f"127.0.0.1:{free_port()},127.0.0.1:{server.port}"
    options = ["--cluster", cluster, "--threads", "4", "--requests", "40", "--keys", "5"]

    assert bench.main(["bench", "--service", "vard", *options, "--put-percentage", "50"]) == 0

    printed = capsys.readouterr().out
    assert [f"Starting thread {n}" for n in range(4)] == printed.splitlines()[:4]
    gets, puts = (int(n) for n in re.findall(r"(\d+)\.000000 [gp][eu]ts, avg = 0\.", printed))
    assert 40 <= gets + puts < 40 + 4
    assert printed.count("REQUEST: THREAD") == gets + puts
    assert gets > 0
    assert puts > 0


@pytest.mark.parametrize(("percentage", "puts"), [(0, 0), (100, 20)])
def test_put_percentage_decides_what_is_asked(server: Server, percentage: int, puts: int) -> None:
    load = Load(("127.0.0.1", server.port), 20, 1, 5, percentage)

    load.run()

    assert sum(sample.is_put for sample in load.samples) == puts
    assert len(load.samples) == 20


def test_a_server_that_is_gone_ends_the_threads_with_a_word(
    capsys: pytest.CaptureFixture[str],
) -> None:
    load = Load(("127.0.0.1", free_port()), 20, 2, 5, 50)

    load.run()

    assert load.samples == []
    assert len(load.failures) == 2


def test_a_cluster_without_a_leader_is_refused() -> None:
    with pytest.raises(NoLeader):
        find_leader([("127.0.0.1", free_port())], seconds=0)


@pytest.mark.parametrize("text", ["", "localhost", "localhost:", ":2379", "a:1,b"])
def test_addresses_are_host_and_port(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["setup", "--cluster", text])

    assert "HOST:PORT" in capsys.readouterr().err
