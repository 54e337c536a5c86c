"""`vardctl top`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import sys
from dataclasses import asdict, fields
from typing import Any, Final

import click
from rich.console import Console

from vard_http.client import AsyncClient
from vard_http.ctl.completion.words import one_of
from vard_http.ctl.console import say
from vard_http.ctl.failures import Exit, failed
from vard_http.ctl.goflags import GO_DURATION, GoCommand
from vard_http.ctl.observe.histogram import Quantile
from vard_http.ctl.observe.poll import Poller, Questions
from vard_http.ctl.session import Session, pass_session
from vard_http.ctl.top.heading import heading
from vard_http.ctl.top.live import watch
from vard_http.ctl.top.rows import Row, rows
from vard_http.ctl.top.screen import View, plain, table

INTERVAL: Final = 2.0
ONCE_INTERVAL: Final = 1.0
LEAST: Final = 0.1


@click.command(cls=GoCommand)
@click.option("--once", is_flag=True, help="Show one table and exit, as in a pipe.")
@click.option(
    "--interval",
    type=GO_DURATION,
    metavar="DURATION",
    help="Between two looks at the cluster. [default: 2s, with --once 1s]",
)
@click.option(
    *("--output", "-o"),
    metavar="FORMAT",
    shell_complete=one_of("simple", "json"),
    help="simple, or json for --once. [default: that of vardctl]",
)
@pass_session
def top(session: Session, once: bool, interval: float | None, output: str | None) -> None:
    """Show the members as they live: who leads, who lags, what they do and how fast.

    On a terminal the view is renewed until you press q; p pauses it, + and - change the interval.
    LAG is how many entries of the leader's log the member is not known to have. Rates are of the
    last interval, and of the requests that clients sent to that member. REQ and SYNC are the 50th
    and 99th percentile of how long requests and fsyncs of the log took, SLOW is how many fsyncs
    took more than 16 ms: all in the last minute, with --once since the member started, and as near
    as the buckets of its histograms tell. PING is how long it took to answer here.
    """
    if interval is not None and interval < LEAST:
        raise failed(Exit.BAD_ARGUMENTS, f"an interval is at least {LEAST:g}s")
    as_json = (output or session.options.output) == "json"
    if once or as_json or not sys.stdout.isatty() or Console().is_dumb_terminal:
        asyncio.run(_once(session, interval or ONCE_INTERVAL, as_json=as_json))
        return
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_live(session, interval or INTERVAL))


async def _live(session: Session, interval: float) -> None:
    async with session.async_client() as client:
        await watch(_poller(session, client), interval, Console(highlight=False))


async def _once(session: Session, interval: float, *, as_json: bool) -> None:
    async with session.async_client() as client:
        poller = _poller(session, client)
        first = await poller.poll()
        if first.nobody:
            raise failed(Exit.BAD_CONNECTION, first.nobody)
        await asyncio.sleep(interval)
        history = [first, await poller.poll()]
    view = View(heading(history[-1]), rows(history, lifetime=True))
    if as_json:
        say(json.dumps(document(view), indent=2))
        return
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(table(view, console.width))
    else:
        say(plain(view))


def _poller(session: Session, client: AsyncClient) -> Poller:
    patience = session.options.timeout or session.options.total_timeout
    return Poller(Questions(client, patience), session.endpoints)


def document(view: View) -> dict[str, Any]:
    """The view for JSON. Times are in seconds; `low` and `high` are the bucket of a quantile."""
    cluster = {name: value for name, value in asdict(view.heading).items() if name != "nobody"}
    return {"cluster": cluster, "members": [_member(row) for row in view.rows]}


def _member(row: Row) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in (each.name for each in fields(row))}


def _plain(value: object) -> object:
    if isinstance(value, Quantile):
        return {name: None if math.isinf(one) else one for name, one in value._asdict().items()}
    return value
