"""The bench of vard (extraction/vard/bench of verdi-raft) with its options and output lines.

    python -m loadtest.bench setup --service vard --keys 50 --cluster HOST:PORT,...
    python -m loadtest.bench bench --service vard --keys 50 --cluster HOST:PORT,... \\
        --threads 8 --requests 100 --put-percentage 50

Without --cluster, three members of the service are started on this machine, set up, and ended
afterwards. vard_http and etcd answer the same requests: with --cluster, --service is but a word.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

from loadtest.client import FORM, RequestFailed
from loadtest.servers import SIDES, Cluster, NoLeader, StartFailed, find_leader

Address = tuple[str, int]

_PROGRESS_SECONDS = 5.0


class Sample(NamedTuple):
    """One answered request: its thread, when the answer came (Unix time), and seconds it took."""

    thread: int
    time: float
    latency: float
    is_put: bool


class Client:
    """One connection that is kept; GETs are linearizable (quorum=true), as vard's are."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = HTTPConnection(host, port, timeout=30)

    def get(self, key: str) -> None:
        """Reads a key that may be missing. Raises RequestFailed."""
        self._ask("GET", f"/v2/keys/{key}?quorum=true", None, (200, 404))

    def put(self, key: str, value: str) -> None:
        """Raises RequestFailed."""
        self._ask("PUT", f"/v2/keys/{key}", f"value={value}", (200, 201))

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, target: str, body: str | None, wanted: Sequence[int]) -> None:
        try:
            self._connection.request(method, target, body, FORM if body is not None else {})
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, HTTPException) as error:
            raise RequestFailed(f"{method} {target}: {error!r}") from error
        if answer.status not in wanted:
            raise RequestFailed(f"{method} {target}: {answer.status} {text[:200]!r}")


@dataclass
class Load:
    """What all threads do together: `requests` in all, not for each."""

    leader: Address
    requests: int
    threads: int
    keys: int
    put_percentage: int
    debug: bool = False
    samples: list[Sample] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _cut: threading.Event = field(default_factory=threading.Event)

    def run(self) -> float:
        """Runs until enough answers are there or somebody interrupts; how many seconds it took."""
        started = time.time()
        threads = [
            threading.Thread(target=self._thread, args=(n,), daemon=True)
            for n in range(self.threads)
        ]
        try:
            for number, thread in enumerate(threads):
                print(f"Starting thread {number}")
                thread.start()
            self._wait(threads)
        except KeyboardInterrupt:
            self._cut.set()
            self._wait(threads)
            print("Interrupted", file=sys.stderr)
        return time.time() - started

    def _wait(self, threads: Sequence[threading.Thread]) -> None:
        told = time.monotonic()
        for thread in threads:
            while thread.ident is not None and thread.is_alive():
                thread.join(0.05)
                if time.monotonic() - told > _PROGRESS_SECONDS:
                    told = time.monotonic()
                    print(f"{len(self.samples)} of {self.requests} requests", file=sys.stderr)

    def _thread(self, number: int) -> None:
        choose = random.Random(number)
        client = Client(*self.leader)
        done = 0
        try:
            while len(self.samples) < self.requests and not self._cut.is_set():
                done += 1
                self.samples.append(self._request(client, number, choose, done))
                if self.debug:
                    print(f"Thread {number} Done with {done} requests")
        except RequestFailed as error:
            self.failures.append(f"thread {number}: {error}")
        finally:
            client.close()

    def _request(self, client: Client, number: int, choose: random.Random, nth: int) -> Sample:
        key = f"key{choose.randint(0, self.keys)}"
        is_put = choose.random() * 100 < self.put_percentage
        started = time.time()
        if is_put:
            client.put(key, str(nth))
        else:
            client.get(key)
        ended = time.time()
        return Sample(number, ended, ended - started, is_put)


def setup(leader: Address, keys: int) -> None:
    """Writes key0, key1, ... Raises RequestFailed."""
    client = Client(*leader)
    for number in range(keys):
        client.put(f"key{number}", f"value{number}")
    client.close()


def report(samples: Sequence[Sample], seconds: float) -> list[str]:
    """The lines that vard's bench prints at its end."""
    lines = ["Requests:"]
    lines += [f"REQUEST: THREAD {s.thread} TIME {s.time} LATENCY {s.latency}" for s in samples]
    lines.append(f"Total time: {seconds:f}")
    for name, is_put in (("gets", False), ("puts", True)):
        chosen = [sample.latency for sample in samples if sample.is_put is is_put]
        average = sum(chosen) / len(chosen) if chosen else 0.0
        lines.append(f"{float(len(chosen)):f} {name}, avg = {average:f}")
    lines.append("Requests:")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.cluster is not None:
            return _work(options, find_leader(options.cluster))
        with Cluster(options.service) as cluster:
            leader = find_leader(cluster.addresses)
            if options.command == "bench":
                setup(leader, options.keys)
            return _work(options, leader)
    except (RequestFailed, NoLeader, StartFailed, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1


def _work(options: argparse.Namespace, leader: Address) -> int:
    if options.command == "setup":
        setup(leader, options.keys)
        return 0
    load = Load(
        leader,
        options.requests,
        options.threads,
        options.keys,
        options.put_percentage,
        options.debug,
    )
    seconds = load.run()
    print("\n".join(report(load.samples, seconds)))
    for failure in load.failures:
        print(failure, file=sys.stderr)
    return 1 if load.failures else 0


def _addresses(text: str) -> list[Address]:
    pairs = [address.rpartition(":") for address in text.split(",")]
    if not all(host and port.isdigit() for host, _, port in pairs):
        raise argparse.ArgumentTypeError(f"not HOST:PORT,HOST:PORT,...: {text}")
    return [(host, int(port)) for host, _, port in pairs]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtest.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help in (("setup", "write the keys"), ("bench", "measure GETs and PUTs")):
        command = commands.add_parser(name, help=help)
        command.add_argument("--service", default="vard", choices=SIDES)
        command.add_argument("--cluster", type=_addresses)
        command.add_argument("--keys", default=100, type=int)
    command.add_argument("--requests", default=1000, type=int, help="of all threads together")
    command.add_argument("--threads", default=50, type=int)
    command.add_argument("--put-percentage", default=50, type=int)
    command.add_argument("--debug", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
