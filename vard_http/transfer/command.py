"""The commands `vard-http backup`, `restore` and `import`."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vard_http.config.identity import format_id
from vard_http.storage import StorageError
from vard_http.store import CommandError, DumpError
from vard_http.transfer.backup import back_up_member, back_up_node
from vard_http.transfer.content import Content, read_backup
from vard_http.transfer.copying import copy_keys
from vard_http.transfer.errors import TransferError
from vard_http.transfer.etcd import read_data_directory
from vard_http.transfer.http_client import Endpoint, Tls
from vard_http.transfer.new_cluster import (
    DEFAULT_NAME,
    make_data_directory,
    plan_cluster,
    refuse_existing,
)

COMMANDS: Final = ("backup", "restore", "import")

_PROGRESS_SECONDS: Final = 0.2


def main(argv: Sequence[str]) -> int:
    """Run the command that `argv` begins with; returns the exit status.

    That is 0 if all was done, 1 if not, 2 for wrong arguments.
    """
    try:
        arguments = _parser().parse_args(argv)
        run: Callable[[argparse.Namespace], None] = arguments.run
        run(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 2
    except (TransferError, StorageError, DumpError, CommandError, OSError) as error:
        _say(f"vard-http {argv[0]}: {error}")
        return 1
    except KeyboardInterrupt:
        _say(f"vard-http {argv[0]}: interrupted")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("vard-http", allow_abbrev=False)
    commands = parser.add_subparsers(required=True)
    for add in (_add_backup, _add_restore, _add_import):
        add(commands)
    return parser


if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def _add_backup(commands: _Commands) -> None:
    text = "Write all that a node holds at one moment to a file."
    parser = commands.add_parser("backup", help=text, description=text, allow_abbrev=False)
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--endpoint",
        metavar="URL",
        default="http://127.0.0.1:2379",
        help="client URL of the node (default: %(default)s)",
    )
    source.add_argument("--data-dir", type=Path, help="of a stopped member, in place of a URL")
    _add_access(parser, "")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.set_defaults(run=_backup)


def _add_restore(commands: _Commands) -> None:
    text = "Make the data directory of a member of a new cluster that begins with a backup."
    parser = commands.add_parser("restore", help=text, description=text, allow_abbrev=False)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--data-dir", type=Path, required=True, help="to be made")
    _add_cluster(parser)
    parser.set_defaults(run=_restore)


def _add_import(commands: _Commands) -> None:
    text = "Import etcd's v2 API: from a running etcd into a running cluster, or its files."
    parser = commands.add_parser("import", help=text, description=text, allow_abbrev=False)
    running = parser.add_argument_group("from a running etcd")
    running.add_argument("--from", dest="source", metavar="URL", help="client URL to read from")
    running.add_argument("--to", dest="target", metavar="URL", help="client URL to write to")
    running.add_argument(
        "--hidden",
        metavar="PATH",
        action="append",
        default=[],
        help="a hidden node (its name begins with _), which servers do not list; may be repeated",
    )
    running.add_argument(
        "--overwrite", action="store_true", help="change keys that are different in the target"
    )
    _add_access(running, "from-")
    _add_access(running, "to-")
    stopped = parser.add_argument_group("from the data directory of a stopped etcd")
    stopped.add_argument("--data-dir", type=Path, help="of etcd; nothing in it changes")
    stopped.add_argument("--wal-dir", type=Path, help="of etcd, if it had one")
    stopped.add_argument("--into", type=Path, metavar="DIR", help="data directory to be made")
    _add_cluster(stopped)
    parser.set_defaults(run=lambda arguments: _import(parser, arguments))


_Arguments = argparse._ActionsContainer


def _add_access(parser: _Arguments, prefix: str) -> None:
    user = "name and password; without a password it is asked for"
    parser.add_argument(f"--{prefix}user", metavar="NAME[:PASSWORD]", default="", help=user)
    for name, what in (
        ("ca-file", "certificates of the authorities to trust"),
        ("cert-file", "certificate of this client"),
        ("key-file", "key of this client"),
    ):
        parser.add_argument(f"--{prefix}{name}", metavar="FILE", default="", help=what)


def _add_cluster(parser: _Arguments) -> None:
    parser.add_argument("--name", default=DEFAULT_NAME, help="of the member (default: %(default)s)")
    parser.add_argument(
        "--initial-cluster",
        metavar="NAME=URL,...",
        default="",
        help="peer URLs of all members (default: this one alone, on http://localhost:2380)",
    )
    parser.add_argument(
        "--initial-cluster-token",
        metavar="TOKEN",
        default="",
        help="makes the cluster's ids; the same for all members (default: made of the content)",
    )


def _backup(arguments: argparse.Namespace) -> None:
    path: Path = arguments.file
    with _Terminal() as terminal:

        def progress(size: int) -> None:
            terminal.show(f"{size >> 20} MiB")

        if arguments.data_dir is not None:
            head = back_up_member(arguments.data_dir, path, progress)
        else:
            head = back_up_node(_endpoint(arguments, arguments.endpoint, ""), path, progress)
    _say(
        f"{path}: cluster {format_id(head.cluster_id)} at index {head.etcd_index}"
        f" (Raft index {head.raft_index}, term {head.raft_term}), {path.stat().st_size} bytes"
    )


def _restore(arguments: argparse.Namespace) -> None:
    refuse_existing(arguments.data_dir)
    _make(arguments, arguments.data_dir, read_backup(arguments.file))


def _import(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    online = (arguments.source, arguments.target)
    offline = (arguments.data_dir, arguments.into)
    if all(online) and not any(offline):
        _import_keys(arguments)
    elif all(offline) and not any(online):
        _import_directory(arguments)
    else:
        parser.error("give --from and --to, or --data-dir and --into")


def _import_keys(arguments: argparse.Namespace) -> None:
    source = _endpoint(arguments, arguments.source, "from_")
    target = _endpoint(arguments, arguments.target, "to_")
    hidden = ["/" + path.strip("/") for path in arguments.hidden]
    with _Terminal() as terminal:
        copied = copy_keys(
            source,
            target,
            hidden,
            lambda done, of: terminal.show(f"{done} of {of} nodes"),
            overwrite=arguments.overwrite,
        )
    _say(
        f"{target.url} has all {copied.nodes} nodes that {source.url} lists at index"
        f" {copied.index}; {copied.written} were written"
    )
    if copied.extra:
        _say(f"{copied.extra} more nodes are only in {target.url}")
    if copied.doubtful:
        _say(
            f"{copied.doubtful} nodes have U+FFFD in name or value: etcd shows it for what is not"
            " UTF-8; to have them as they are, import the data directory"
        )
    _say("users, roles and hidden nodes not named by --hidden cannot be read, and are not there")


def _import_directory(arguments: argparse.Namespace) -> None:
    refuse_existing(arguments.into)
    imported = read_data_directory(arguments.data_dir, arguments.wal_dir)
    for note in imported.notes:
        _say(note)
    _make(arguments, arguments.into, imported.content)


def _make(arguments: argparse.Namespace, data_dir: Path, content: Content) -> None:
    plan = plan_cluster(
        arguments.name, arguments.initial_cluster, arguments.initial_cluster_token, content
    )
    make_data_directory(data_dir, plan, content)
    _say(f"{data_dir}: {plan.identity}, one of {len(plan.members)}, at index {content.store.index}")


def _endpoint(arguments: argparse.Namespace, url: str, prefix: str) -> Endpoint:
    options = vars(arguments)
    user: str = options[f"{prefix}user"]
    if user and ":" not in user:
        user += ":" + getpass.getpass(f"Password of {user} at {url}: ")
    files = (options[f"{prefix}{name}"] for name in ("ca_file", "cert_file", "key_file"))
    return Endpoint(url.rstrip("/"), user, Tls(*files))


class _Terminal:
    """A line that is written over, where standard error is a terminal."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._next = 0.0

    def __enter__(self) -> _Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[K")

    def show(self, text: str) -> None:
        """Show `text` in place of what was shown before."""
        if self._live and time.monotonic() >= self._next:
            self._next = time.monotonic() + _PROGRESS_SECONDS
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()


def _say(text: str) -> None:
    print(text, file=sys.stderr)
