"""The keys of the cluster, for a shell to put on a command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import click
from click.shell_completion import CompletionItem

from vard_http.client import Node
from vard_http.ctl.completion.asking import asked

DIRECTORY: Final = "keydir"
"""The type of a completion that goes on: no space comes behind it."""


def complete_key(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The keys that begin with `incomplete`, as far as its last slash."""
    directory = "/" + incomplete.rpartition("/")[0].strip("/")
    nodes = asked(ctx, parameter, lambda client: client.get(directory).node.nodes)
    return matching(nodes, incomplete)


def matching(nodes: Iterable[Node], incomplete: str) -> list[CompletionItem[str]]:
    """Those that `incomplete` may become, with or without a slash at its beginning as it has it."""
    items = []
    for node in nodes:
        key = node.key if incomplete.startswith("/") or not incomplete else node.key[1:]
        if key.startswith(incomplete) and key.isprintable():
            key += "/" * node.dir
            items.append(CompletionItem(key, type=DIRECTORY if node.dir else "plain"))
    return sorted(items, key=lambda item: item.value)
