"""`vardctl status`: who the members are, which of them leads, and how far each has come."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import click

from vard_http.ctl.console import console, say
from vard_http.ctl.failures import Exit, failed
from vard_http.ctl.observe import text
from vard_http.ctl.observe.poll import Poller, Questions
from vard_http.ctl.observe.snapshot import Sample, Silence, Snapshot
from vard_http.ctl.session import Session, pass_session

UNREACHABLE = "unreachable"
_TITLES = ("MEMBER", "ID", "ROLE", "TERM", "INDEX", "VERSION", "DB", "URL")
_STYLES = {"leader": "bold green", UNREACHABLE: "bold red", "candidate": "yellow"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a member. `index` is the last that it applied of Raft's log; `database` in
    bytes; `reason` is why it did not answer."""

    name: str
    id: str
    role: str
    url: str
    term: int | None = None
    index: int | None = None
    version: str = ""
    database: float | None = None
    reason: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """One for each title, and the reason."""
        return (
            *(self.name or text.UNKNOWN, self.id, self.role),
            *(text.whole(self.term), text.whole(self.index), self.version or text.UNKNOWN),
            *(text.size(self.database), f"{self.url}  {self.reason}".strip()),
        )


@click.command()
@pass_session
def status(session: Session) -> int:
    """Show the members: who leads, their terms, indexes, versions and sizes.

    The status is 0 if all of them answer and one leads, 2 if none answers, else 5.
    """
    snapshot, silences = asyncio.run(_look(session))
    if not snapshot.members:
        reasons = "; ".join(f"{url}: {reason}" for url, reason in silences)
        raise failed(Exit.BAD_CONNECTION, f"no member answers: {reasons}")
    standings = standings_of(snapshot)
    if session.options.output == "json":
        say(json.dumps({"members": [asdict(each) for each in standings]}))
    else:
        _print(standings)
    return Exit.SUCCESS if is_whole(standings) else Exit.UNHEALTHY


async def _look(session: Session) -> tuple[Snapshot, Sequence[tuple[str, str]]]:
    """One look at all members, and why endpoints did not answer if none did."""
    async with session.async_client() as client:
        questions = Questions(client, session.options.timeout or session.options.total_timeout)
        snapshot = await Poller(questions, session.endpoints).poll()
        if snapshot.members:
            return snapshot, []
        answers = await asyncio.gather(*map(questions.listing, session.endpoints))
        pairs = zip(session.endpoints, answers, strict=True)
        return snapshot, [(url, one.reason) for url, one in pairs if isinstance(one, Silence)]


def standings_of(snapshot: Snapshot) -> list[Standing]:
    """A standing for each member, in the order of their names."""
    return [
        _standing(member.name, member.id, member.client_urls, snapshot.answers[member.id])
        for member in snapshot.members
    ]


def _standing(name: str, id: str, urls: Sequence[str], answer: Sample | Silence) -> Standing:
    if isinstance(answer, Silence):
        return Standing(name, id, UNREACHABLE, ",".join(urls), reason=f"({answer.reason})")
    figures = answer.figures
    return Standing(
        name=name,
        id=id,
        role=figures.role,
        url=answer.address,
        term=figures.term,
        index=figures.applied,
        version=figures.version,
        database=figures.database,
    )


def is_whole(standings: Sequence[Standing]) -> bool:
    """Whether all answer, and one leads."""
    roles = [each.role for each in standings]
    return UNREACHABLE not in roles and "leader" in roles


def table(standings: Sequence[Standing]) -> Iterator[tuple[str, ...]]:
    """The titles, then the members, all cells of a column as wide as the widest but the last."""
    lines = [_TITLES, *(each.cells for each in standings)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield (*list(padded)[:-1], line[-1])


def _print(standings: Sequence[Standing]) -> None:
    if not sys.stdout.isatty():
        say("\n".join("  ".join(cells) for cells in table(standings)))
        return
    from rich.text import Text

    titles, *lines = table(standings)
    console().print(Text("  ".join(titles), style="dim"))
    for standing, cells in zip(standings, lines, strict=True):
        parts = [Text(cell) for cell in cells]
        parts[2].stylize(_STYLES.get(standing.role, ""))
        console().print(Text("  ").join(parts))
