"""`vardctl check`."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import click
from rich.text import Text

from vard_http.ctl.check.finding import Finding, Level, worst
from vard_http.ctl.check.judging import judge
from vard_http.ctl.check.observed import Observed
from vard_http.ctl.check.observing import observe
from vard_http.ctl.completion.words import one_of
from vard_http.ctl.console import console, error_console, say
from vard_http.ctl.goflags import GoCommand
from vard_http.ctl.observe.poll import Questions
from vard_http.ctl.session import Session, pass_session

_STYLES = {Level.OK: "green", Level.WARN: "bold yellow", Level.FAIL: "bold red"}


@click.command(cls=GoCommand)
@click.option(
    *("--output", "-o"),
    metavar="FORMAT",
    shell_complete=one_of("simple", "json"),
    help="simple or json. [default: that of vardctl]",
)
@pass_session
def check(session: Session, output: str | None) -> int:
    """Look for what is wrong with the cluster, and say what to do about it.

    It asks all members for their health, figures, lists and clocks, which takes some three
    seconds, and changes nothing. The exit status is 0 if all is well, 1 if there are warnings, and
    2 if anything fails.
    """
    with _patience():
        findings = judge(asyncio.run(_observe(session)))
    if (output or session.options.output) == "json":
        say(json.dumps(document(findings), indent=2))
    else:
        for line in lines(findings):
            console().print(line)
    return int(worst(findings))


async def _observe(session: Session) -> Observed:
    async with session.async_client() as client:
        patience = session.options.timeout or session.options.total_timeout
        return await observe(Questions(client, patience), session.endpoints)


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Says on a terminal that it takes a while."""
    screen = error_console()
    if not screen.is_terminal:
        yield
        return
    with screen.status("asking all members ..."):
        yield


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings for JSON."""
    return {
        "level": worst(findings).name.lower(),
        "findings": [
            {
                "level": one.level.name.lower(),
                "check": one.check,
                "member": one.member,
                "finding": one.text,
                "advice": one.advice,
            }
            for one in findings
        ],
    }


def lines(findings: Sequence[Finding]) -> Iterator[Text]:
    """A line a finding, what to do below it, and a count at the end."""
    width = max((len(one.check) for one in findings), default=0)
    for one in findings:
        level = one.level.name if one.level else "ok"
        who = f"{one.member}: " if one.member else ""
        margin = f"{level:<4}  {one.check:<{width}}  "
        text = Text.assemble((margin, _STYLES[one.level]), who, one.text)
        yield text
        if one.advice:
            yield Text(" " * len(margin) + one.advice, style="dim")
    counts = Counter(one.level for one in findings)
    yield Text(
        f"{counts[Level.FAIL]} failed, {counts[Level.WARN]} warned, {counts[Level.OK]} ok",
        style=_STYLES[worst(findings)],
    )
