"""`backup`: of a running node to a file, or of a data directory to another one."""

from __future__ import annotations

from pathlib import Path

import click

from vard_http.ctl.arguments import takes
from vard_http.ctl.console import complain
from vard_http.ctl.failures import Exit, Failed
from vard_http.ctl.goflags import GoCommand
from vard_http.ctl.session import Session, pass_session


@click.command(cls=GoCommand)
@click.option("--data-dir", default="", metavar="DIR", help="Of a stopped member, or of an etcd.")
@click.option("--wal-dir", default="", metavar="DIR", help="Of that etcd, if it had one.")
@click.option("--backup-dir", default="", metavar="DIR", help="The data directory to make.")
@click.option("--backup-wal-dir", default="", metavar="DIR", help="Must not be given: see below.")
@click.option("--with-v3", is_flag=True, help="Must not be given: see below.")
@takes("[FILE]")
@pass_session
def backup(
    session: Session,
    data_dir: str,
    wal_dir: str,
    backup_dir: str,
    backup_wal_dir: str,
    with_v3: bool,
    arguments: tuple[str, ...],
) -> None:
    """Write all that a cluster holds to FILE, or make a data directory of another one.

    With FILE a running node is asked for all it holds: keys, hidden ones too, users, roles and the
    last events. `vard-http restore` makes a new cluster of FILE.

    With --data-dir and --backup-dir nothing is asked over the network, as with etcdctl. What is
    made begins a new cluster of one member. A log of its own and data of etcd's v3 API are not
    there to be had: vard_http has one file, and the v2 API only.
    """
    if backup_wal_dir or with_v3:
        flag = "--backup-wal-dir" if backup_wal_dir else "--with-v3"
        raise Failed(
            Exit.BAD_ARGUMENTS, f"{flag} is not for vard_http: it has nothing to put there"
        )
    if arguments and not data_dir and not backup_dir:
        _back_up_node(session, Path(arguments[0]))
    elif data_dir and backup_dir and not arguments:
        _back_up_directory(Path(data_dir), Path(wal_dir) if wal_dir else None, Path(backup_dir))
    else:
        raise Failed(Exit.BAD_ARGUMENTS, "Give a FILE, or --data-dir and --backup-dir")


def _back_up_directory(source: Path, wal_dir: Path | None, target: Path) -> None:
    # The server's code, which other commands do without.
    from vard_http.transfer.directories import copy_directory
    from vard_http.transfer.errors import TransferError

    try:
        for note in copy_directory(source, wal_dir, target):
            complain(note)
    except (TransferError, OSError) as error:
        raise Failed(Exit.BAD_ARGUMENTS, str(error)) from error


def _back_up_node(session: Session, file: Path) -> None:
    from vard_http.transfer.backup import back_up_node
    from vard_http.transfer.errors import TransferError
    from vard_http.transfer.http_client import Endpoint, Tls

    options = session.options
    tls = Tls(options.ca_file, options.cert_file, options.key_file)
    user = ":".join(session.credentials) if session.credentials else ""
    failures: list[str] = []
    for url in session.endpoints:
        try:
            head = back_up_node(Endpoint(url, user, tls), file, lambda size: None)
        except (TransferError, OSError) as error:
            failures.append(str(error))
        else:
            complain(f"{file}: index {head.etcd_index}, {file.stat().st_size} bytes")
            return
    raise Failed(Exit.SERVER_ERROR, "\n".join(f"Error:  {failure}" for failure in failures))
