"""The command `vard-http dev`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from vard_http.dev.actions import LEVELS
from vard_http.dev.plan import DEFAULT_STEP, MAX_NODES, PORTS_OF_A_NODE, PlanError, check_flags
from vard_http.dev.ports import Wishes, reserve
from vard_http.dev.session import Options, Session
from vard_http.dev.stopping import Stop


@click.command(
    context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]},
    epilog="Ctrl-C, SIGTERM, SIGHUP and `quit` end all nodes. docs/dev.md tells more.",
)
@click.option("--nodes", type=click.IntRange(1, MAX_NODES), help="How many nodes (default: 3).")
@click.option(
    "--base-port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Client port of node1; its other ports are the three after it (default: free ones).",
)
@click.option(
    "--port-step",
    type=click.IntRange(PORTS_OF_A_NODE, 30000),
    metavar="N",
    help=f"The ports of each node are so many after those of the one before (default:"
    f" {DEFAULT_STEP}).",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep data and logs there, and go on with what is there (default: a directory that is"
    " removed at the end).",
)
@click.option(
    "--plain",
    is_flag=True,
    help="Lines without a status and without keys; commands are read from stdin in words. So it is"
    " without a terminal.",
)
@click.option(
    "--logs",
    type=click.Choice(LEVELS),
    default="info",
    show_default=True,
    help="Which lines of the nodes' logs to show.",
)
@click.argument("flags", nargs=-1, type=click.UNPROCESSED, metavar="[-- FLAGS]...")
def _dev(
    nodes: int | None,
    base_port: int | None,
    port_step: int | None,
    data_dir: Path | None,
    plain: bool,
    logs: str,
    flags: tuple[str, ...],
) -> int:
    """Run a cluster on this machine, to try it and to break it.

    Each node is a process of its own that listens on 127.0.0.1. The keys (h shows them), or words
    on stdin (`help`), kill, pause, restart and partition nodes. FLAGS go to each node, such as
    -- --election-timeout 500.
    """
    check_flags(flags)
    dumb = os.environ.get("TERM", "dumb") == "dumb"
    plain = plain or dumb or not (os.isatty(0) and os.isatty(1))
    return asyncio.run(_run(Wishes(nodes, base_port, port_step), data_dir, plain, logs, flags))


async def _run(
    wishes: Wishes, data_dir: Path | None, plain: bool, level: str, flags: tuple[str, ...]
) -> int:
    stop = Stop()
    with _directory(data_dir) as directory:
        plan, sockets = reserve(wishes, directory)
        return await Session(plan, sockets, Options(directory, plain, level, flags), stop).run()


@contextlib.contextmanager
def _directory(given: Path | None) -> Iterator[Path]:
    """The directory given, made if it is not there; else one that goes at the end."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
    else:
        with tempfile.TemporaryDirectory(prefix="vard-http-dev-") as made:
            yield Path(made)


def _open_standard_streams() -> None:
    """Open those that are closed, or the next thing to be opened would be taken for them."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which gets the lowest number that is free


def main(argv: Sequence[str]) -> int:
    """Run the command, whose name is the first of `argv`; returns the exit status.

    That is 0 if somebody ended the cluster, 1 if a node did not start, 2 for wrong arguments.
    """
    _open_standard_streams()
    name = "vard-http dev"
    try:
        status: int = _dev.main(list(argv[1:]), prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (PlanError, OSError) as error:
        click.echo(f"{name}: {error}", err=True)
        return 2 if isinstance(error, PlanError) else 1
    return status
