"""Which commands there are, by section of the help page, and where each is.

A command is named by its module in this package and its name there; the module is imported when
the command is asked for, so that one command does not wait for what others need.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Final

import click

from vard_http.ctl.groups import GoGroup

SECTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "Keys": {
        "get": "keys:get",
        "set": "keys:set_",
        "put": "keys:set_",
        "mk": "keys:mk",
        "update": "keys:update",
        "rm": "removing:rm",
        "ls": "listing:ls",
        "mkdir": "directories:mkdir",
        "setdir": "directories:setdir",
        "updatedir": "directories:updatedir",
        "rmdir": "removing:rmdir",
        "watch": "watching:watch",
        "exec-watch": "watching:exec_watch",
    },
    "Cluster": {
        "cluster-health": "health:cluster_health",
        "member": "members:member",
        "backup": "backup:backup",
        "import": "importing:import_",
    },
    "Access": {
        "user": "users:user",
        "role": "roles:role",
        "auth": "auth:auth",
    },
    "Subtrees and values": {
        "tree": "drawing:tree",
        "dump": "dumping:dump",
        "load": "loading:load",
        "edit": "editing:edit",
    },
    "Locks and elections": {
        "lock": "locking:lock",
        "elect": "electing:elect",
    },
    "The cluster as it runs": {
        "status": "standing:status",
        "top": "top.command:top",
        "check": "check.command:check",
        "bench": "bench.command:bench",
    },
    "Shell": {
        "completion": "completion.command:completion",
    },
}

_PLACES: Final[Mapping[str, str]] = {
    name: place for section in SECTIONS.values() for name, place in section.items()
}


class Table(GoGroup):
    """The commands of `SECTIONS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _PLACES:
            return super().get_command(ctx, cmd_name)
        module, _, name = _PLACES[cmd_name].partition(":")
        command = getattr(importlib.import_module(f"vard_http.ctl.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, names in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(name, self._short_help(ctx, name)) for name in names])

    def _short_help(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        assert command is not None
        return command.get_short_help_str(100)
