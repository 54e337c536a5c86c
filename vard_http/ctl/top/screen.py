"""How the cluster looks: text for a terminal, plain where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.text import Text

from vard_http.ctl.observe import text
from vard_http.ctl.top.heading import Heading
from vard_http.ctl.top.rows import Row
from vard_http.ctl.top.table import GAP, Block, blocks

_ROLES = {"leader": "bold green", "follower": "", "learner": "cyan"}
_WARNING = "bold red"
_SPACE = " " * GAP


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown. `events` are pairs of a time of day and a text, the last one newest."""

    heading: Heading
    rows: Sequence[Row]
    events: Sequence[tuple[str, str]] = ()


def table(view: View, width: int | None) -> Group:
    """The cluster in a line, and its members; `width` as in `blocks`."""
    return Group(*_parts(view, width))


def plain(view: View) -> str:
    """The same in one table, as text without colours."""
    return "\n".join(part.plain for part in _parts(view, None))


def screen(
    view: View, width: int, height: int, *, interval: float, paused: bool, now: str
) -> Group:
    """A whole screen: the last events get what height is left."""
    state = f"every {interval:g} s" + ", paused" * paused
    top = Text.assemble(
        ("vardctl top", "bold"),
        f"  {now}  {state}    ",
        ("q quit  p pause  + - interval", "dim"),
        no_wrap=True,
        overflow="crop",
    )
    body = table(view, width)
    left = height - len(body.renderables) - 3
    return Group(top, body, *_events(view.events, left))


def _parts(view: View, width: int | None) -> list[Text]:
    if view.heading.nobody:
        return [Text(view.heading.nobody, style=_WARNING)]
    parts = [_heading(view.heading)]
    for block in blocks(view.rows, width):
        parts += [Text(), _titles(block), *_lines(block, view.rows)]
    for row in view.rows:
        if row.reason:
            parts.append(Text(f"{row.name}: {row.reason}", style=_WARNING))
    return parts


def _heading(told: Heading) -> Text:
    leader = (told.leader, "bold green") if told.leader else ("none", _WARNING)
    enough = "" if told.answering >= told.quorum else _WARNING
    return Text.assemble(
        f"cluster {told.cluster_id or text.UNKNOWN}  leader ",
        leader,
        f"  term {text.whole(told.term)}  elections {text.whole(told.elections)}  ",
        (f"{told.answering} of {told.members} answer", enough),
        no_wrap=True,
        overflow="crop",
    )


def _titles(block: Block) -> Text:
    return _line(_SPACE.join(block.titles), "bold")


def _lines(block: Block, rows: Sequence[Row]) -> list[Text]:
    lines = []
    for cells, row in zip(block.lines, rows, strict=True):
        line = Text(no_wrap=True, overflow="crop")
        usual = _ROLES.get(row.role, "dim")
        for place, cell in enumerate(cells):
            line.append(_SPACE if place else "")
            line.append(cell.text, _WARNING if cell.warns else usual if place < 2 else "")
        line.rstrip()
        lines.append(line)
    return lines


def _events(events: Sequence[tuple[str, str]], count: int) -> list[Text]:
    shown = events[-count:] if count > 0 else ()
    return [Text(), *(_line(f"{at}  {what}", "") for at, what in shown)] if shown else []


def _line(content: str, style: str) -> Text:
    return Text(content.rstrip(), style=style, no_wrap=True, overflow="crop")
