"""Every command line of etcdctl's that the tests know, with `vardctl` (contract 18).

The commands of a table run in order with etcdctl on one fresh member and with `vardctl` on another;
status, stdout and stderr must be the same, but for what `comparable` names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest

from tests.clients.etcdctl import Command, Etcdctl, Outcome
from tests.clients.etcdctl_commands import AUTH, KEYS, MEMBER, WATCHES, Step
from tests.ctl.vardctl import Vardctl, comparable
from tests.harness.processes import start_server

pytestmark = pytest.mark.etcd

TABLES = {"keys": KEYS, "watches": WATCHES, "auth": AUTH, "member": MEMBER}


@pytest.fixture(scope="module")
def pair_for() -> Iterator[Callable[[str], tuple[Etcdctl, Etcdctl]]]:
    """etcdctl and `vardctl`, each with a fresh member, the same ones for all steps of a table."""
    pairs: dict[str, tuple[Etcdctl, Etcdctl]] = {}
    with ExitStack() as stack:

        def pair(table: str) -> tuple[Etcdctl, Etcdctl]:
            if table not in pairs:
                theirs, ours = (stack.enter_context(start_server("vard")) for _ in range(2))
                pairs[table] = Etcdctl([theirs]), Vardctl([ours])
            return pairs[table]

        yield pair


def _outcomes(clients: Sequence[Etcdctl], step: Step) -> list[Outcome]:
    return [
        comparable(each.run(step) if isinstance(step, Command) else each.follow(step))
        for each in clients
    ]


@pytest.mark.parametrize(
    ("table", "step"),
    [(table, step) for table, steps in TABLES.items() for step in steps],
    ids=str,
)
def test_command(
    pair_for: Callable[[str], tuple[Etcdctl, Etcdctl]], table: str, step: Step
) -> None:
    etcdctl, vardctl = _outcomes(pair_for(table), step)
    assert vardctl == etcdctl
