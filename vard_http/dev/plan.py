"""Names, ports and command lines of the nodes. Pure."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vard_http.config.identity import format_id, member_id

MAX_NODES: Final = 9
"""One digit chooses a node."""

PORTS_OF_A_NODE: Final = 4
DEFAULT_STEP: Final = 10
_LAST_PORT: Final = 65535


class PlanError(Exception):
    """There is no such cluster; says why."""


@dataclass(frozen=True)
class Endpoint:
    """One node: its number, and the first of its ports.

    Its peer URL is where the proxy of links listens; the node itself listens on the private one.
    """

    number: int
    client_port: int

    @property
    def name(self) -> str:
        return f"node{self.number}"

    @property
    def member_id(self) -> str:
        """As it is printed, in a cluster whose token is the default one."""
        return format_id(member_id([self.peer_url], "etcd-cluster"))

    @property
    def peer_port(self) -> int:
        return self.client_port + 1

    @property
    def private_port(self) -> int:
        return self.client_port + 2

    @property
    def vard_port(self) -> int:
        """For clients that speak vard's own protocol."""
        return self.client_port + 3

    @property
    def client_url(self) -> str:
        return f"http://127.0.0.1:{self.client_port}"

    @property
    def peer_url(self) -> str:
        return f"http://127.0.0.1:{self.peer_port}"


@dataclass(frozen=True)
class Plan:
    """`nodes` nodes: node 1 has four ports from `base_port` on, the next `step` later."""

    nodes: int
    base_port: int
    step: int = DEFAULT_STEP

    def __post_init__(self) -> None:
        """Raises PlanError."""
        if not 1 <= self.nodes <= MAX_NODES:
            raise PlanError(f"a cluster of {self.nodes} nodes: 1 to {MAX_NODES} are possible")
        if self.step < PORTS_OF_A_NODE:
            raise PlanError(f"each node needs {PORTS_OF_A_NODE} ports: a step of {self.step}")
        last = self.base_port + (self.nodes - 1) * self.step + PORTS_OF_A_NODE - 1
        if self.base_port < 1 or last > _LAST_PORT:
            raise PlanError(f"ports {self.base_port} to {last}: 1 to {_LAST_PORT} are possible")

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return tuple(
            Endpoint(number, self.base_port + (number - 1) * self.step)
            for number in range(1, self.nodes + 1)
        )

    def command(self, endpoint: Endpoint, data_dir: Path, flags: Sequence[str]) -> list[str]:
        """What starts this node; `flags` are further flags of `vard-http`."""
        own = {
            "name": endpoint.name,
            "data-dir": str(data_dir / endpoint.name),
            "listen-client-urls": endpoint.client_url,
            "advertise-client-urls": endpoint.client_url,
            "listen-peer-urls": f"http://127.0.0.1:{endpoint.private_port}",
            "initial-advertise-peer-urls": endpoint.peer_url,
            "listen-vard-urls": f"tcp://127.0.0.1:{endpoint.vard_port}",
            "initial-cluster": ",".join(f"{each.name}={each.peer_url}" for each in self.endpoints),
        }
        options = [part for flag, value in own.items() for part in (f"--{flag}", value)]
        return [sys.executable, "-m", "vard_http", *options, *flags]


OWN_FLAGS: Final = frozenset(
    {
        *("name", "data-dir", "listen-client-urls", "advertise-client-urls", "listen-peer-urls"),
        *("initial-advertise-peer-urls", "initial-cluster", "initial-cluster-state"),
        *("config-file", "discovery", "discovery-srv", "proxy", "log-outputs", "log-output"),
        *("me", "node", "port", "dbpath", "cert-file", "auto-tls", "peer-cert-file"),
        *("peer-auto-tls", "force-new-cluster", "listen-metrics-urls", "listen-vard-urls"),
    }
)
"""Flags that a cluster under `dev` cannot be given: they are its own, or would break it."""


def check_flags(flags: Sequence[str]) -> None:
    """Raises PlanError if one of `flags` is not to be given."""
    for flag in flags:
        name = flag.lstrip("-").partition("=")[0]
        if flag.startswith("-") and name in OWN_FLAGS:
            raise PlanError(f"--{name} cannot be given to the nodes of a cluster under dev")


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for a node, without what would set it up in another way than its flags say."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(("ETCD_", "VARD_")) and name != "NOTIFY_SOCKET"
    }
