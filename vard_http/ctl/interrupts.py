"""Commands that go on until Ctrl-C."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click

from vard_http.ctl.failures import Exit


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C is how one ends such a command, and no failure."""
    try:
        yield
    except KeyboardInterrupt:
        raise click.exceptions.Exit(Exit.SUCCESS) from None
