"""Asking the cluster at a prompt: it answers soon, or there is nothing to complete."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, TypeVar

import click
from click.core import ParameterSource

from vard_http.client import Client
from vard_http.ctl.options import Options, read_options

PATIENCE: Final = 1.0
"""Nobody waits longer at a prompt; seconds."""

T = TypeVar("T")


def asked(
    ctx: click.Context, parameter: click.Parameter, question: Callable[[Client], Iterable[T]]
) -> list[T]:
    """What the cluster of the line says; nothing if that is not here within PATIENCE.

    Of several arguments only the first is asked about.
    """
    if _is_given(ctx, parameter):
        return []
    found: list[T] = []

    def ask() -> None:
        with contextlib.suppress(Exception):  # there is nobody to tell
            found.extend(_answers(_options(ctx), question))

    # In a thread: neither DNS nor a client has one limit for all that it does.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return list(found)


def _is_given(ctx: click.Context, parameter: click.Parameter) -> bool:
    name = parameter.name or ""
    by_hand = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    return isinstance(parameter, click.Argument) and by_hand and bool(ctx.params.get(name))


def _options(ctx: click.Context) -> Options:
    """Those of the command line as far as it is written."""
    options = read_options(ctx.find_root().params, os.environ)
    return replace(options, timeout=PATIENCE / 2, total_timeout=PATIENCE)


def _answers(options: Options, question: Callable[[Client], Iterable[T]]) -> Iterable[T]:
    if options.username and ":" not in options.username:
        return ()  # the password would have to be asked for
    from vard_http.ctl.session import Session  # not needed to complete the name of a command

    with Session(options).client as client:
        return tuple(question(client))
