"""Every command line of etcdctl's that the tests know, with `vardctl` (contract 18).

The commands of a table run in order with etcdctl on one fresh member and with `vardctl` on another;
status, stdout and stderr must be the same, but for what `comparable` names.
"""

from __future__ import annotations

import subprocess
import sys
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
from tests.cluster.client import wait_until
from tests.cluster.membership import UNGUARDED
from tests.ctl.vardctl import Vardctl, VardctlProcess, comparable
from tests.harness.cluster import running_cluster
from tests.harness.processes import start_server

pytestmark = pytest.mark.etcd

# How Go's flag package and urfave/cli read command lines.
FLAGS: list[Step] = [
    ctl("-debug=false -output simple set x 1"),
    ctl("set x -5"),
    ctl("set x -- -7"),
    ctl("set -- x -7"),
    ctl("set x 5 --ttl"),
    ctl("set x 5 --ttl 0x384"),
    ctl("set x --ttl 900 5 more"),
    ctl("set x 5 -ttl=900 -ttl=901"),
    ctl("set x 5 --ttl=1_0_0"),
    ctl("set x 5 --ttl=9223372036854775808"),
    ctl("mk - dash"),
    ctl("get -"),
    ctl("get x -bad"),
    ctl("get -bad x"),
    ctl("get x -q -sort"),
    ctl("get ---x"),
    ctl("get --=x"),
    ctl("ls / -p -r --sort"),
    ctl("ls -pr"),
    ctl("ls -p=false --sort"),
    ctl("ls -p=x"),
    ctl("watch --forever -f x"),
    ctl("-o"),
    ctl("--timeout 1 get x"),
    ctl("--timeout 0 get x"),
    ctl("--timeout 1m0.5s get x"),
    ctl("--debug=maybe get x"),
    ctl("get -help"),
    ctl("user help add"),
    ctl("user --bad"),
    ctl("user add -x"),
    ctl("help none"),
    ctl("mk dir/a 1"),
    ctl("get dir/../x"),
    ctl("get dir/./a/"),
    ctl("get ''"),
    ctl(f"--endpoints {UNREACHABLE} --no-sync mk x 1"),
    ctl(f"--endpoints {UNREACHABLE} --no-sync member list"),
    ctl(f"--endpoints {UNREACHABLE} --no-sync member remove 1"),
    ctl(f"--endpoints {UNREACHABLE} --no-sync user list"),
    ctl(f"--endpoints {UNREACHABLE} --no-sync watch x"),
    ctl("member add n2 ftp://a:1"),
    ctl("member add n2 http://a"),
    ctl("member add n2 http://a:1/x"),
    ctl("member add n2 http://a:x"),
]

# Two of them, for servers take longer to start than commands to run.
TABLES = {"all": [*KEYS, *FLAGS, *AUTH, *MEMBER], "watches": WATCHES}

# A few of every kind, on etcd itself.
ON_ETCD: list[Step] = [
    ctl("set foo bar"),
    ctl("-o json set --ttl 900 --swap-with-value bar foo baz"),
    ctl("-o extended get --quorum foo"),
    ctl("mk foo again"),
    ctl("mk --in-order dir a"),
    ctl("ls --sort --recursive -p"),
    ctl("-o json ls --sort"),
    ctl("rm --with-index 1 foo"),
    Watching(ctl("watch --recursive /"), (ctl("update foo new"),)),
    ctl("member list"),
    ctl("cluster-health"),
    ctl("member update '{id:default}' http://127.0.0.1:7"),
    ctl("user add root:pw"),
    ctl("role add readers"),
    ctl("role grant readers --path '/r/*' --read"),
    ctl("auth enable"),
    ctl("-u root:pw role get readers"),
    ctl("-u root:no user list"),
    ctl("-u root:pw auth disable"),
    ctl("rm -r dir"),
]


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


def _agree(clients: Sequence[Etcdctl], command: Command) -> bool:
    """Members may answer the first in another way than the second: they notice who is gone."""
    etcdctl, vardctl = _outcomes(clients, command)
    return vardctl == etcdctl


def test_on_etcd_itself() -> None:
    with start_server("etcd") as theirs, start_server("etcd") as ours:
        for step in ON_ETCD:
            etcdctl, vardctl = _outcomes((Etcdctl([theirs]), Vardctl([ours])), step)
            assert vardctl == etcdctl, step


def test_members_of_three_and_one_that_dies() -> None:
    with (
        running_cluster("vard", 3, [UNGUARDED]) as theirs,
        running_cluster("vard", 3, [UNGUARDED]) as ours,
    ):
        clients = Etcdctl(theirs.servers), Vardctl(ours.servers)
        for command in OF_THREE:
            etcdctl, vardctl = _outcomes(clients, command)
            assert vardctl == etcdctl, command
        ours.servers[1].kill()
        same = Etcdctl(ours.servers), Vardctl(ours.servers)
        for command in (ctl("get none"), ctl("cluster-health", any_order=True)):
            wait_until(lambda command=command: _agree(same, command), str(command), PATIENCE)  # type: ignore[misc]


def test_a_process_of_its_own_reads_its_arguments_input_and_variables(
    pair_for: Callable[[str], tuple[Etcdctl, Etcdctl]],
) -> None:
    vardctl = VardctlProcess(pair_for("watches")[1].servers)
    assert vardctl.run(ctl("set piped", "grüße\n")) == Outcome(0, ("grüße\n", "\n"), ())
    failed = vardctl.run(ctl("get none"))
    assert (failed.status, failed.stdout) == (4, ())
    assert failed.stderr[0].startswith("Error:  100: Key not found (/none)")


def test_what_cannot_be_written_is_told_in_one_line() -> None:
    command = [sys.executable, "-m", "vard_http.ctl", "--version"]
    with open("/dev/full", "w") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (ran.returncode, ran.stderr) == (1, "Error:  [Errno 28] No space left on device\n")
