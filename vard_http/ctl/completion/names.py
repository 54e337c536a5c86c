"""Members, users and roles of the cluster, for a shell to put on a command line."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from vard_http.ctl.completion.asking import asked


def complete_member(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The ids of members, with their names where the shell shows a help."""
    members = asked(ctx, parameter, lambda client: client.members())
    fitting = [one for one in members if one.id.startswith(incomplete)]
    return [CompletionItem(one.id, help=one.name or "not started") for one in fitting]


def complete_user(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The names of users."""
    names = asked(ctx, parameter, lambda client: [one.name for one in client.users()])
    return _plain(names, incomplete)


def complete_role(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The names of roles."""
    names = asked(ctx, parameter, lambda client: [one.name for one in client.roles()])
    return _plain(names, incomplete)


def _plain(names: list[str], incomplete: str) -> list[CompletionItem[str]]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
