"""The command `vardctl`: its global options, and how a run ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from vard_http import __version__
from vard_http.client import ClientError
from vard_http.ctl.commands import Table
from vard_http.ctl.console import complain, say
from vard_http.ctl.failures import Exit, Failed, failure_of
from vard_http.ctl.goflags import GoCommand
from vard_http.ctl.options import global_options, read_options
from vard_http.ctl.session import Session

_INTERRUPTED = 130


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        say(f"vardctl version: {__version__}\nAPI version: 2")
        ctx.exit()


@click.group(cls=Table, context_settings={"help_option_names": ["--help", "-h"]})
@global_options
@click.option(
    *("--version", "-v"),
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.pass_context
def vardctl(ctx: click.Context, /, **flags: Any) -> None:
    """Asks and changes a cluster of vard_http, or of etcd with its v2 API."""
    ctx.obj = Session(read_options(flags, os.environ))


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line, given without the program's name; returns the exit status."""
    args = list(sys.argv[1:] if argv is None else argv)
    if "_VARDCTL_COMPLETE" in os.environ:  # click's name for what a shell's script sets
        from vard_http.ctl.completion.shells import register

        register()
    try:
        return _run(args)
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            complain(f"Error:  {error}")
        _stop_writing()
        return Exit.BAD_ARGUMENTS


def _run(args: list[str]) -> int:
    try:
        status = vardctl.main(args, prog_name="vardctl", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        say(_help_of(error))
        return Exit.SUCCESS
    except click.UsageError as error:
        return _refuse(error)
    except click.ClickException as error:
        complain(f"Error:  {error.format_message()}")
        return Exit.BAD_ARGUMENTS
    except ClientError as error:
        return _tell(failure_of(error))
    except Failed as failure:
        return _tell(failure)
    return status if isinstance(status, int) else Exit.SUCCESS


def _tell(failure: Failed) -> int:
    if failure.message is not None:
        complain(failure.message)
    return failure.status


def _refuse(error: click.UsageError) -> int:
    """A command line that cannot be read: etcdctl's commands show their help page with it."""
    command = error.ctx.command if error.ctx is not None else None
    if isinstance(command, click.Group | GoCommand):
        mark = "." if isinstance(command, click.Group) else ":"
        say(f"Incorrect Usage{mark} {error.message}\n\n{_help_of(error)}")
        complain(error.message)
    else:
        error.show()
    return Exit.BAD_ARGUMENTS


def _help_of(error: click.UsageError) -> str:
    return error.ctx.get_help() if error.ctx is not None else ""


def _stop_writing() -> None:
    """Drops what could not be written, of which Python would complain at its end."""
    with contextlib.suppress(OSError):  # what is no file has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
