"""`vardctl completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from vard_http.ctl.completion.shells import register
from vard_http.ctl.completion.words import one_of
from vard_http.ctl.console import say
from vard_http.ctl.failures import Exit, failed
from vard_http.ctl.goflags import GoCommand

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_VARDCTL_COMPLETE"


@click.command(cls=GoCommand)
@click.argument("shell", metavar="bash|zsh|fish", shell_complete=one_of(*SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that completes commands, flags and keys in a shell.

    \b
    bash:  source <(vardctl completion bash)      in ~/.bashrc
    zsh:   source <(vardctl completion zsh)       in ~/.zshrc, after compinit
    fish:  vardctl completion fish | source       in ~/.config/fish/config.fish

    Keys are those of the cluster that the line or the environment names; where it does not answer
    within a second there are none.
    """
    if shell not in SHELLS:
        raise failed(Exit.BAD_ARGUMENTS, f"no completion for {shell}, but for {', '.join(SHELLS)}")
    register()
    kind = get_completion_class(shell)
    assert kind is not None
    say(kind(ctx.find_root().command, {}, "vardctl", VARIABLE).source(), end="")
