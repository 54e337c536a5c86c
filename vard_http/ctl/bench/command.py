"""`vardctl bench`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from vard_http.ctl.bench.directory import own_directory
from vard_http.ctl.bench.load import Kind, Load
from vard_http.ctl.bench.progress import Progress
from vard_http.ctl.bench.report import Outcome, as_json, lines
from vard_http.ctl.bench.running import Run
from vard_http.ctl.completion.words import one_of
from vard_http.ctl.console import complain, say
from vard_http.ctl.failures import Exit, failed
from vard_http.ctl.goflags import GO_DURATION, GO_INT, GoCommand
from vard_http.ctl.observe.poll import Listing, Questions
from vard_http.ctl.observe.snapshot import Silence
from vard_http.ctl.session import Session, pass_session

if TYPE_CHECKING:
    from vard_http.client import AsyncClient

SECONDS: Final = 10.0
"""How long it runs if nothing else is said."""


@click.command(cls=GoCommand)
@click.option(
    *("--connections", "-c"),
    type=GO_INT,
    default=16,
    show_default=True,
    metavar="N",
    help="So many requests are under way at a time.",
)
@click.option(
    *("--requests", "-n"), type=GO_INT, metavar="N", help="End after so many. [default: no limit]"
)
@click.option(
    *("--duration", "-d"),
    type=GO_DURATION,
    metavar="DURATION",
    help="End after so long. [default: 10s without --requests]",
)
@click.option("--writes", type=float, default=50, show_default=True, metavar="SHARE", help="PUT.")
@click.option(
    "--reads",
    type=float,
    default=50,
    show_default=True,
    metavar="SHARE",
    help="GET, of what the member has.",
)
@click.option(
    "--quorum-reads",
    type=float,
    default=0,
    show_default=True,
    metavar="SHARE",
    help="GET with quorum=true, linearizable.",
)
@click.option("--value-size", type=GO_INT, default=128, show_default=True, metavar="BYTES")
@click.option("--keys", type=GO_INT, default=1000, show_default=True, metavar="N")
@click.option(
    "--prefix",
    default="/vardctl-bench",
    show_default=True,
    metavar="KEY",
    help="How the directory of the keys begins; it ends at random, and is removed afterwards.",
)
@click.option(
    *("--output", "-o"),
    metavar="FORMAT",
    shell_complete=one_of("simple", "json"),
    help="simple or json. [default: that of vardctl]",
)
@pass_session
def bench(
    session: Session,
    connections: int,
    requests: int | None,
    duration: float | None,
    writes: float,
    reads: float,
    quorum_reads: float,
    value_size: int,
    keys: int,
    prefix: str,
    output: str | None,
) -> int:
    """Measure what the cluster can do, with a load of writes and reads.

    The connections are spread over all members; with --no-sync before `bench`, over the endpoints
    given. All keys are written once before the clock starts. Ctrl-C ends it early, with the figures
    so far. The exit status is 1 if a request failed.
    """
    shares = {Kind.WRITE: writes, Kind.READ: reads, Kind.QUORUM_READ: quorum_reads}
    load = Load(
        mix={kind: share for kind, share in shares.items() if share > 0},
        connections=connections,
        keys=keys,
        value_size=value_size,
        directory=f"/{prefix.strip('/')}-{secrets.token_hex(4)}",
        requests=requests,
        seconds=SECONDS if requests is None and duration is None else duration,
    )
    _check(load)
    outcome = asyncio.run(_measure(session, load))
    if (output or session.options.output) == "json":
        say(json.dumps(as_json(outcome), indent=2))
    else:
        say("\n".join(lines(outcome)))
    return int(bool(outcome.tally.failed))


def _check(load: Load) -> None:
    """Raises Failed for what makes no load."""
    for name, value, least in (
        ("--connections", load.connections, 1),
        ("--keys", load.keys, 1),
        ("--value-size", load.value_size, 0),
        ("--requests", load.requests, 1),
        ("--duration", load.seconds, 0.001),
    ):
        if value is not None and value < least:
            raise failed(Exit.BAD_ARGUMENTS, f"{name} must be at least {least:g}")
    if not load.mix:
        raise failed(Exit.BAD_ARGUMENTS, "one of --writes, --reads and --quorum-reads must be > 0")


async def _measure(session: Session, load: Load) -> Outcome:
    async with contextlib.AsyncExitStack() as stack:
        main = await stack.enter_async_context(session.async_client())
        targets = await _targets(session, main)
        clients = [
            await stack.enter_async_context(session.async_client()) for _ in range(load.connections)
        ]
        run = Run(load, targets, clients)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, run.stop)
        async with own_directory(main, load.directory):
            with Progress(run) as progress:
                await progress.follow("writing the keys", run.fill())
                before, begun = os.times(), time.perf_counter()
                await progress.follow("measuring", run.start())
                seconds, after = time.perf_counter() - begun, os.times()
        cpu = after.user + after.system - before.user - before.system
        return Outcome(load, targets, run.tally, seconds, cpu)


async def _targets(session: Session, client: AsyncClient) -> Sequence[str]:
    """Where members answer. Raises Failed if none does."""
    questions = Questions(client, session.options.timeout or session.options.total_timeout)
    lists = await asyncio.gather(*(questions.listing(url) for url in session.endpoints))
    known = dict(zip(session.endpoints, lists, strict=True))
    answering = [url for url, one in known.items() if isinstance(one, Listing)]
    if not answering:
        raise failed(Exit.BAD_CONNECTION, f"nobody answers at {', '.join(session.endpoints)}")
    listing = known[answering[0]]
    assert isinstance(listing, Listing)
    if not session.options.sync:
        return answering
    urls = [member.client_urls[0] for member in listing.members if member.client_urls]
    answers = await asyncio.gather(*(questions.get(url, "/version") for url in urls))
    for url, answer in zip(urls, answers, strict=True):
        if isinstance(answer, Silence):
            complain(f"{url} is left out: {answer.reason}")
    found = [url for url, one in zip(urls, answers, strict=True) if not isinstance(one, Silence)]
    return found or answering
