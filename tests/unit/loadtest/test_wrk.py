"""What wrk prints is read, and the loading script writes every key."""

from __future__ import annotations

import shutil
import socket

import pytest

from loadtest import wrk
from loadtest.wrk import WrkFailed, parse
from tests.harness.processes import start_server

OUTPUT = """Running 5s test @ http://127.0.0.1:2379
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.52ms    1.26ms  28.40ms   91.51%
    Req/Sec    18.43k     1.02k   20.11k    72.00%
  Latency Distribution
     50%    3.31ms
     75%    3.74ms
     90%    4.35ms
     99%    8.12ms
  91700 requests in 5.00s, 41.11MB read
Requests/sec:  18340.00
Transfer/sec:      8.22MB
"""


def test_requests_seconds_and_percentiles_are_read() -> None:
    figures = parse(OUTPUT)

    assert figures == (91700, 5.0, 3.31, 8.12, 0)
    assert figures.rate == 18340


@pytest.mark.parametrize(
    ("printed", "milliseconds"),
    [("312.00us", 0.312), ("3.31ms", 3.31), ("1.02s", 1020.0), ("2.00m", 120_000.0)],
)
def test_latencies_are_milliseconds_whatever_their_unit(printed: str, milliseconds: float) -> None:
    assert parse(OUTPUT.replace("8.12ms", printed)).p99_ms == pytest.approx(milliseconds)


def test_a_run_of_minutes_is_seconds() -> None:
    assert parse(OUTPUT.replace("in 5.00s", "in 1.50m")).seconds == pytest.approx(90)


def test_refused_answers_and_broken_sockets_are_errors_and_no_throughput() -> None:
    errors = "  Socket errors: connect 1, read 2, write 3, timeout 4\n"
    refused = "  Non-2xx or 3xx responses: 1690\n"

    figures = parse(OUTPUT.replace("Requests/sec:", f"{errors}{refused}Requests/sec:"))

    assert figures.errors == 1700
    assert figures.rate == 18000


@pytest.mark.parametrize("output", ["", "unable to connect to 127.0.0.1:1", OUTPUT[:300]])
def test_other_output_is_an_error_that_shows_it(output: str) -> None:
    with pytest.raises(WrkFailed) as raised:
        parse(output)

    assert str(raised.value) == output


needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="needs Debian's wrk")


@needs_wrk
def test_loading_writes_every_key_once_at_least_and_tells_how_many() -> None:
    told: list[int] = []
    with start_server("vard") as server:
        wrk.load(server.port, "some", 10_000, 8, per_directory=5_000, tell=told.append)
        with server.connect() as connection:
            listed = [
                connection.request("GET", f"/v2/keys/some/d{n}").body.count(b'"value":"xxxxxxxx"')
                for n in (0, 1)
            ]

    assert listed == [5_000, 5_000]
    assert told == [10_000]


@needs_wrk
def test_loading_gives_up_when_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrk, "STALL_SECONDS", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0), backlog=64) as silent,
        pytest.raises(WrkFailed, match="standstill"),
    ):
        wrk.load(silent.getsockname()[1], "some", 10, 8)
