"""The members of a campaign: harness servers behind the proxy of links, with a shim below them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.campaign.shim import Shim
from tests.harness.ports import PortLease, lease_port
from tests.harness.processes import Endpoint, Server

FLAGS = ("--election-timeout=500", "--heartbeat-interval=50", "--snapshot-count=500")


class ProxiedEndpoint(Endpoint):
    """The peer URL that is told to others is the proxy's; the member listens elsewhere."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._private: PortLease = lease_port()

    @property
    def public_port(self) -> int:
        return int(self.peer_url.rpartition(":")[2])

    @property
    def private_port(self) -> int:
        return self._private.port

    def release(self) -> None:
        super().release()
        self._private.release()


class Member(Server):
    """One member of the cluster under test. `shim` is None where no C compiler is."""

    endpoint: ProxiedEndpoint

    def __init__(
        self,
        endpoint: ProxiedEndpoint,
        *,
        initial_cluster: str,
        members: int,
        library: Path | None,
        flags: Sequence[str] = FLAGS,
    ) -> None:
        listen = f"--listen-peer-urls=http://127.0.0.1:{endpoint.private_port}"
        super().__init__(
            "vard",
            endpoint,
            initial_cluster=initial_cluster,
            members=members,
            extra_flags=(*flags, listen),
        )
        self.shim: Shim | None = None
        if library is not None:
            self.shim = Shim(library, self.directory / "data", self.directory / "control")

    @property
    def name(self) -> str:
        return self.endpoint.name

    @property
    def database(self) -> Path:
        return self.directory / "data" / "vard.db"

    def command(self) -> list[str]:
        program = super().command()
        return program if self.shim is None else ["env", *self.shim.environment(), *program]

    def close(self) -> None:
        super().close()
        if self.shim is not None:
            self.shim.close()
            self.shim = None

    def begin_anew(self, initial_cluster: str) -> None:
        """Forget all data: from now on this is another member, that joins in the same place."""
        if self.alive:
            self.kill()
        shutil.rmtree(self.directory / "data")
        self._initial_cluster = initial_cluster
        self._initial_cluster_state = "existing"

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log().splitlines()
        return lines[-1] if lines else ""


def found(size: int, library: Path | None, flags: Sequence[str] = FLAGS) -> list[Member]:
    """The members n1, n2, … of a new cluster, not started."""
    endpoints = [ProxiedEndpoint(f"n{number}") for number in range(1, size + 1)]
    initial = ",".join(f"{each.name}={each.peer_url}" for each in endpoints)
    return [
        Member(each, initial_cluster=initial, members=size, library=library, flags=flags)
        for each in endpoints
    ]
