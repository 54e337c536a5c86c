"""Commands below commands: `vardctl` itself, and such as `vardctl member`."""

from __future__ import annotations

import click

from vard_http.ctl.console import say
from vard_http.ctl.failures import Failed
from vard_http.ctl.goflags import GoCommand, for_click

_NO_SUCH_TOPIC = 3


class GoGroup(click.Group):
    """A command that others are below, read by Go's rules; one of them is `help`, or `h`."""

    command_class = GoCommand

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, for_click(self, ctx, args))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in ("help", "h"):
            return _help
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise _no_help_topic(args[0])
        return super().resolve_command(ctx, args)


@click.command("help", cls=GoCommand)
@click.argument("topic", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def _help(ctx: click.Context, topic: tuple[str, ...]) -> None:
    """Show the commands, or the page of one."""
    shown = ctx.parent
    assert shown is not None
    for name in topic:
        group = shown.command
        command = group.get_command(shown, name) if isinstance(group, click.Group) else None
        if command is None:
            raise _no_help_topic(name)
        shown = click.Context(command, info_name=name, parent=shown)
    say(shown.get_help())


def _no_help_topic(name: str) -> Failed:
    return Failed(_NO_SUCH_TOPIC, f"No help topic for '{name}'")
