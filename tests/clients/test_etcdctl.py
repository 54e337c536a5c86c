"""Every subcommand and flag of etcdctl's v2 client, on vard_http and on etcd (contract 18).

The commands of a table run in order on one fresh cluster of each kind; status, stdout and stderr
must be equal after ids, ports, times and TTLs are taken out. What needs another surrounding has
modules of its own: backup, DNS, TLS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest

from tests.clients.etcdctl import PATIENCE, Command, Etcdctl, Outcome, Watching
from tests.clients.etcdctl_commands import (
    AUTH,
    KEYS,
    MEMBER,
    OF_THREE,
    UNREACHABLE,
    WATCHES,
    Step,
    ctl,
)
from tests.cluster.client import get, wait_until
from tests.cluster.load import fill
from tests.cluster.membership import UNGUARDED
from tests.harness.cluster import Cluster, running_cluster
from tests.harness.processes import Kind, start_server

pytestmark = pytest.mark.etcd

KINDS: tuple[Kind, Kind] = ("vard", "etcd")


TABLES = {"keys": KEYS, "watches": WATCHES, "auth": AUTH, "member": MEMBER}


@pytest.fixture(scope="module")
def pair_for() -> Iterator[Callable[[str], tuple[Etcdctl, ...]]]:
    """Clients of one fresh member of each kind, the same ones for all steps of a table."""
    pairs: dict[str, tuple[Etcdctl, ...]] = {}
    with ExitStack() as stack:

        def pair(table: str) -> tuple[Etcdctl, ...]:
            if table not in pairs:
                servers = [stack.enter_context(start_server(kind)) for kind in KINDS]
                pairs[table] = tuple(Etcdctl([server]) for server in servers)
            return pairs[table]

        yield pair


def _same(etcdctls: Sequence[Etcdctl], step: Step) -> Outcome:
    vard, etcd = (
        each.run(step) if isinstance(step, Command) else each.follow(step) for each in etcdctls
    )
    assert vard == etcd
    return vard


def _same_in_the_end(etcdctls: Sequence[Etcdctl], command: Command) -> Outcome:
    """Repeats a question whose answers differ by what each cluster has noticed so far.

    Both servers give the quorum read of `/health` one second, which a busy machine may exceed.
    """
    outcomes: list[Outcome] = []

    def same() -> bool:
        outcomes[:] = [etcdctl.run(command) for etcdctl in etcdctls]
        return outcomes[0] == outcomes[1]

    wait_until(same, f"the same answer to {command}", PATIENCE)
    return outcomes[0]


@pytest.mark.parametrize(
    ("table", "step"),
    [(table, step) for table, steps in TABLES.items() for step in steps],
    ids=str,
)
def test_command(pair_for: Callable[[str], tuple[Etcdctl, ...]], table: str, step: Step) -> None:
    _same(pair_for(table), step)


def test_commands_succeed_and_fail_as_their_names_say() -> None:
    """Equal output alone would not show that anything worked."""
    with start_server("vard") as server:
        etcdctl = Etcdctl([server])
        assert etcdctl.run(ctl("set foo bar")) == Outcome(0, ("bar\n",), ())
        assert etcdctl.run(ctl("get none")).status == 4
        assert etcdctl.run(ctl(f"--endpoints {UNREACHABLE} get foo")).status == 2
        watched = etcdctl.follow(Watching(ctl("watch foo"), (ctl("set foo live"),)))
        assert watched == Outcome(0, ("live\n",), ())


def test_a_watch_after_an_index_that_history_has_lost() -> None:
    with start_server("vard") as vard, start_server("etcd") as etcd:
        for server in (vard, etcd):
            fill(server, "turn", 1001, at_once=1)
        outcome = _same([Etcdctl([vard]), Etcdctl([etcd])], ctl("watch --after-index 3 turn/1"))
        assert "401: The event in requested index is outdated" in outcome.stderr[0]


def test_members_of_three() -> None:
    with ExitStack() as stack:
        clusters = [stack.enter_context(running_cluster(kind, 3, [UNGUARDED])) for kind in KINDS]
        etcdctls = [Etcdctl(cluster.servers) for cluster in clusters]
        for command in OF_THREE:
            same = _same_in_the_end if "cluster-health" in command.arguments else _same
            same(etcdctls, command)


def _wait_health(cluster: Cluster, status: int) -> None:
    """Waits until the running members have noticed who is gone."""
    if status == 200:
        cluster.leader()
    for server in cluster.alive():
        wait_until(
            lambda server=server: get(server, "/health").status == status,  # type: ignore[misc]
            f"{server.endpoint.name} answers {status}",
            PATIENCE,
        )


def test_health_of_a_cluster_that_dies_by_and_by() -> None:
    with ExitStack() as stack:
        clusters = [stack.enter_context(running_cluster(kind, 3)) for kind in KINDS]
        etcdctls = [Etcdctl(cluster.servers) for cluster in clusters]
        health = ctl("cluster-health", any_order=True)
        assert _same_in_the_end(etcdctls, health).status == 0
        for number, status in ((2, 200), (1, 503)):
            for cluster in clusters:
                cluster.servers[number].kill()
            for cluster in clusters:
                _wait_health(cluster, status)
            assert _same_in_the_end(etcdctls, health).status == 5


def test_another_endpoint_is_tried_if_one_has_no_answer() -> None:
    with ExitStack() as stack:
        clusters = [stack.enter_context(running_cluster(kind, 3)) for kind in KINDS]
        for cluster in clusters:
            cluster.followers()[0].kill()
        outcome = _same([Etcdctl(cluster.servers) for cluster in clusters], ctl("set foo bar"))
        assert outcome == Outcome(0, ("bar\n",), ())
