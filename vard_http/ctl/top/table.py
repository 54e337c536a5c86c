"""Rows become columns of text, as many side by side as the screen is wide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from vard_http.ctl.observe import text
from vard_http.ctl.top.rows import SLOW_SECONDS, UNREACHABLE, Row

GAP: Final = 2
"""Spaces between columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """`warns` says of a row whether the cell deserves attention."""

    title: str
    cell: Callable[[Row], str]
    left: bool = False
    warns: Callable[[Row], bool] = lambda _: False


def _is_slow(row: Row) -> bool:
    return row.fsync_p99 is not None and row.fsync_p99.estimate > SLOW_SECONDS


NAME: Final = Column("MEMBER", lambda row: row.name, left=True)

COLUMNS: Final = (
    Column(
        *("ROLE", lambda row: row.role),
        left=True,
        warns=lambda row: row.role in (UNREACHABLE, "candidate"),
    ),
    Column("TERM", lambda row: text.whole(row.term)),
    Column("COMMIT", lambda row: text.whole(row.commit)),
    Column("APPLIED", lambda row: text.whole(row.applied)),
    Column("LAG", lambda row: text.whole(row.lag), warns=lambda row: (row.lag or 0) > 1000),
    Column("WRITE/S", lambda row: text.rate(row.writes)),
    Column("READ/S", lambda row: text.rate(row.reads)),
    Column("QREAD/S", lambda row: text.rate(row.quorum_reads)),
    Column("5XX/S", lambda row: text.rate(row.refused), warns=lambda row: bool(row.refused)),
    Column("WATCH", lambda row: text.whole(row.watchers)),
    Column("REQ50", lambda row: text.quantile(row.request_p50)),
    Column("REQ99", lambda row: text.quantile(row.request_p99)),
    Column("SYNC50", lambda row: text.quantile(row.fsync_p50)),
    Column("SYNC99", lambda row: text.quantile(row.fsync_p99), warns=_is_slow),
    Column(
        *("SLOW", lambda row: text.whole(row.slow_fsyncs)),
        warns=lambda row: bool(row.slow_fsyncs),
    ),
    Column("PING", lambda row: text.seconds(row.round_trip)),
    Column("CPU", lambda row: text.percent(row.cpu)),
    Column("MEM", lambda row: text.size(row.memory)),
    Column("DB", lambda row: text.size(row.database)),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A text that has the width of its column, and whether it deserves attention."""

    text: str
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Columns that stand side by side: their titles, then a line a row."""

    titles: tuple[str, ...]
    lines: tuple[tuple[Cell, ...], ...]


def blocks(rows: Sequence[Row], width: int | None) -> list[Block]:
    """All columns in as few blocks as fit into `width` characters; each begins with the name.

    Without `width` it is one block. Each block has at least one column beside the name.
    """
    name = _set(NAME, rows)
    others = [_set(column, rows) for column in COLUMNS]
    widths = [len(title) for title, _ in others]
    groups = arrange(widths, None if width is None else width - len(name[0]) - GAP)
    return [_block([name, *(others[place] for place in group)]) for group in groups]


def arrange(widths: Sequence[int], available: int | None) -> list[list[int]]:
    """The places of `widths` in groups that, with their gaps, are at most `available` wide."""
    groups: list[list[int]] = [[]]
    taken = 0
    for place, width in enumerate(widths):
        needed = width + (GAP if groups[-1] else 0)
        if available is not None and groups[-1] and taken + needed > available:
            groups.append([])
            taken, needed = 0, width
        groups[-1].append(place)
        taken += needed
    return groups


def _set(column: Column, rows: Iterable[Row]) -> tuple[str, list[Cell]]:
    """The title and the cells of a column, all as wide as the widest."""
    texts = [(column.cell(row), column.warns(row)) for row in rows]
    width = max(len(column.title), *(len(text) for text, _ in texts), 0)

    def pad(text: str) -> str:
        return text.ljust(width) if column.left else text.rjust(width)

    return pad(column.title), [Cell(pad(text), warns) for text, warns in texts]


def _block(columns: Sequence[tuple[str, list[Cell]]]) -> Block:
    titles = tuple(title for title, _ in columns)
    return Block(titles, tuple(zip(*(cells for _, cells in columns), strict=True)))
