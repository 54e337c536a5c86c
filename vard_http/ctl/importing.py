"""`import`: the keys of an etcd 0.4, as etcdctl 2 copied them into a cluster."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vard_http.ctl.arguments import takes
from vard_http.ctl.console import complain, say
from vard_http.ctl.failures import Exit, Failed
from vard_http.ctl.goflags import GO_INT, GoCommand
from vard_http.ctl.keyspace import Keys
from vard_http.ctl.session import Session, pass_session

if TYPE_CHECKING:
    from vard_http.transfer.etcd.migration import Key

_SHORTEST_TTL = 300
"""Seconds; keys that expire sooner get them, so that they outlive the copying."""


@click.command("import", cls=GoCommand)
@click.option("--snap", default="", metavar="FILE", help="Snapshot of etcd 0.4.")
@click.option(
    "--hidden", multiple=True, metavar="KEY", help="A hidden key to take too; may be given again."
)
@click.option(
    "-c", "clients", type=GO_INT, default=10, metavar="COUNT", help="How many copy at once."
)
@takes("")
@pass_session
def import_(
    session: Session,
    snap: str,
    hidden: tuple[str, ...],
    clients: int,
    arguments: tuple[str, ...],
) -> None:
    """Copy the keys of an etcd 0.4 into a cluster.

    FILE is what http://HOST:4001/v2/migration/snapshot answered. Keys that are there are
    overwritten. To move from etcd 2 or 3 there is `vard-http import`.
    """
    if not snap:
        say("no snapshot file provided (use --snap)")
        raise Failed(Exit.BAD_ARGUMENTS)
    keys = _read(Path(snap), hidden)
    say(f"starting to import snapshot {snap} with {clients} clients")
    cluster = Keys(session.cluster)
    with ThreadPoolExecutor(max(clients, 1)) as pool:
        copies = [pool.submit(_copy, cluster, key) for key in keys]
        try:
            for copy in copies:
                copy.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    say(f"finished importing {len(keys)} keys")


def _read(path: Path, hidden: tuple[str, ...]) -> list[Key]:
    # The server's code, which other commands do without.
    from vard_http.transfer.errors import TransferError
    from vard_http.transfer.etcd.migration import read_migration

    try:
        return read_migration(path, hidden, time.time_ns())
    except OSError as error:
        say(f"cannot read snapshot file {path}")
        raise Failed(Exit.BAD_ARGUMENTS) from error
    except TransferError as error:
        raise Failed(Exit.BAD_ARGUMENTS, str(error)) from error


def _copy(keys: Keys, key: Key) -> None:
    complain(f"copying key: {key.path}")
    ttl = 0 if key.ttl is None else max(key.ttl, _SHORTEST_TTL)
    if key.ttl is not None and key.ttl < _SHORTEST_TTL:
        complain(f"extending key {key.path}'s ttl to {_SHORTEST_TTL} seconds")
    keys.set(key.path, key.value, ttl=ttl)
