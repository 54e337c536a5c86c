"""Probes and watchers against a server that behaves, and one that pauses."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from loadtest.client import FORM, must
from loadtest.probes import FsyncProbe, PauseProbe
from loadtest.watchers import WatchFailed, watching
from tests.harness.processes import start_server

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
REFUSAL = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def answering(answer: bytes, pauses: dict[int, float], done: threading.Event) -> Iterator[int]:
    """A server of one connection; sleeps before the nth answer, sets `done` after the tenth."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(ConnectionResetError):
                number = 0
                while connection.recv(4096):
                    number += 1
                    time.sleep(pauses.get(number, 0))
                    connection.sendall(answer)
                    if number == 10:
                        done.set()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def test_the_longest_pause_of_a_server_is_seen_from_outside() -> None:
    done = threading.Event()
    with answering(ANSWER, {5: 0.08}, done) as port, PauseProbe(port, "/") as probe:
        assert done.wait(10)

    assert not probe.broken
    assert probe.answers >= 9
    assert probe.longest_ms >= 80


def test_a_server_that_is_not_there_breaks_the_probe() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    probe = PauseProbe(port, "/")
    with probe:
        pass

    assert probe.broken


def test_no_sync_was_measured_when_there_was_no_time(tmp_path: Path) -> None:
    with FsyncProbe(tmp_path) as probe:
        pass

    assert probe.percentile(50) is None


def test_every_watcher_hears_of_one_put() -> None:
    with start_server("vard") as server, watching(server.port, "/v2/keys/w", 25) as clients:
        before = time.perf_counter()
        must(server.port, "PUT", "/v2/keys/w", "value=1", FORM)
        times = clients.events()

    assert len(times) == 25
    assert before < times[0] <= times[-1]
    assert times == sorted(times)


def test_a_refused_watcher_is_an_error() -> None:
    done = threading.Event()
    with (
        answering(REFUSAL, {}, done) as port,
        pytest.raises(WatchFailed, match="404"),
        watching(port, "/v2/keys/w", 1),
    ):
        pass
