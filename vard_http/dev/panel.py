"""The lines that stand still on a terminal: a row for each node, the cluster, the writer, keys."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from vard_http.dev import status
from vard_http.dev.plan import Plan
from vard_http.dev.screen import COLOURS, WRONG
from vard_http.dev.tally import Tally
from vard_http.dev.view import ClusterView

_KEYS: Final = "k kill t term p pause r restart x partition  l logs w write h help q quit"


def panel(
    view: ClusterView, plan: Plan, chosen: int | None, tally: Tally | None, now: float
) -> list[Text]:
    """The lines as they are at `now`; `tally` is that of the writer, if it writes."""
    lines = []
    for endpoint in plan.endpoints:
        here = endpoint.number == chosen
        line = Text("> " if here else "  ", style="bold" if here else "")
        lines.append(line.append(status.row(view, endpoint), COLOURS[endpoint.number - 1]))
    good = "bold green" if view.ready else "bold yellow" if view.leader else WRONG
    lines.append(Text(status.summary(view), style=good))
    if tally is not None:
        lines.append(Text(status.writing(tally, now)))
    whom = f"node{chosen}" if chosen else f"1-{plan.nodes}"
    lines.append(Text(f"{whom}: {_KEYS}", style="dim"))
    return lines
