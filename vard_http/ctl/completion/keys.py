"""The keys of the cluster, for a shell to put on a command line."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from vard_http.client import Node
from vard_http.ctl.options import Options, read_options

PATIENCE: Final = 1.0
"""Nobody waits longer at a prompt; seconds."""

DIRECTORY: Final = "keydir"
"""The type of a completion that goes on: no space comes behind it."""


def complete_key(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The keys that begin with `incomplete`, which must be the first argument.

    None if they are not here within PATIENCE.
    """
    name = parameter.name or ""
    if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE and ctx.params.get(name):
        return []
    found: list[Node] = []

    def ask() -> None:
        with contextlib.suppress(Exception):  # there is nobody to tell
            found.extend(_children(_options(ctx), _parent(incomplete)))

    # In a thread: neither DNS nor a client has one limit for all that it does.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return matching(list(found), incomplete)


def matching(nodes: Iterable[Node], incomplete: str) -> list[CompletionItem[str]]:
    """Those that `incomplete` may become, with or without a slash at its beginning as it has it."""
    items = []
    for node in nodes:
        key = node.key if incomplete.startswith("/") or not incomplete else node.key[1:]
        if key.startswith(incomplete) and key.isprintable():
            key += "/" * node.dir
            items.append(CompletionItem(key, type=DIRECTORY if node.dir else "plain"))
    return sorted(items, key=lambda item: item.value)


def _parent(incomplete: str) -> str:
    directory = incomplete.rpartition("/")[0]
    return "/" + directory.strip("/")


def _options(ctx: click.Context) -> Options:
    """Those of the command line as far as it is written."""
    options = read_options(ctx.find_root().params, os.environ)
    return replace(options, timeout=PATIENCE / 2, total_timeout=PATIENCE)


def _children(options: Options, directory: str) -> tuple[Node, ...]:
    if options.username and ":" not in options.username:
        return ()  # the password would have to be asked for
    from vard_http.ctl.session import Session  # not needed to complete the name of a command

    with Session(options).client as client:
        return client.get(directory).node.nodes
