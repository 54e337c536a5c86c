"""Three members on this machine, until Ctrl-C: `make cluster`. Data and logs: cluster.vard/."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

DATA = Path("cluster.vard")
CLIENTS = {f"node{n}": f"http://127.0.0.1:{n}2379" for n in (1, 2, 3)}
PEERS = {f"node{n}": f"http://127.0.0.1:{n}2380" for n in (1, 2, 3)}
START_SECONDS = 30.0


def main() -> int:
    DATA.mkdir(exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    members: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name in CLIENTS:
            members[name] = start(name)
        if wait_healthy(members):
            print(f"Three nodes, a leader among them; data and logs are in {DATA}/:")
            for name, member in members.items():
                print(f"  {name}  {CLIENTS[name]}  process {member.pid}")
            print("Ctrl-C ends them.", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("\nEnding the three nodes.")
        return 0
    finally:
        end(members)
    return 1


def start(name: str) -> subprocess.Popen[bytes]:
    flags = {
        "name": name,
        "data-dir": str(DATA / name),
        "listen-client-urls": CLIENTS[name],
        "advertise-client-urls": CLIENTS[name],
        "listen-peer-urls": PEERS[name],
        "initial-advertise-peer-urls": PEERS[name],
        "initial-cluster": ",".join(f"{peer}={url}" for peer, url in PEERS.items()),
    }
    options = [part for flag, value in flags.items() for part in (f"--{flag}", value)]
    with (DATA / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "vard_http", *options], stdout=log, stderr=log
        )


def wait_healthy(members: dict[str, subprocess.Popen[bytes]]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while not all(healthy(CLIENTS[name]) for name in members):
        for name, member in members.items():
            if member.poll() is not None or time.monotonic() > deadline:
                print(f"{name} did not start; see {DATA / name}.log", file=sys.stderr)
                return False
        time.sleep(0.1)
    return True


def healthy(url: str) -> bool:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=1)
    with contextlib.suppress(OSError), contextlib.closing(connection):
        connection.request("GET", "/health")
        return connection.getresponse().status == HTTPStatus.OK
    return False


def end(members: dict[str, subprocess.Popen[bytes]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for member in members.values():
        member.terminate()
    for member in members.values():
        member.wait()


if __name__ == "__main__":
    sys.exit(main())
