"""What commands print: results on standard output, the rest on standard error.

`say` and `complain` write text as it is, in UTF-8 whatever the locale, as etcdctl does. What has
colours, tables or progress bars goes through `console` or `error_console`, which leave them out
where nobody looks: in a pipe, in a file, or with NO_COLOR.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console


def say(text: str = "", *, end: str = "\n") -> None:
    """A line on standard output."""
    click.echo(_bytes(text + end), nl=False)


def complain(text: str = "", *, end: str = "\n") -> None:
    """A line on standard error."""
    click.echo(_bytes(text + end), nl=False, err=True)


@cache
def console() -> Console:
    """Standard output for rich's texts."""
    return _console(stderr=False)


@cache
def error_console() -> Console:
    """Standard error for rich's texts, such as progress."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console  # its import costs more than most commands do

    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def _bytes(text: str) -> bytes:
    """With the bytes of command lines and files that are not UTF-8 as they were."""
    return text.encode(errors="surrogateescape")
