"""Completion for bash, zsh and fish by click's machinery, with scripts of our own.

Click's scripts take a key with a colon, a comma, a space or a star for something else, and put a
space behind a directory. Here the shell gives the line as it is and gets lines of a type, a value
and a help text with tabs in between. Whatever goes wrong, nothing is said at a prompt.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from vard_http.ctl.completion.bashline import Line

_BASH: Final = """\
%(complete_func)s() {
    local type value line
    COMPREPLY=()
    while IFS= read -r line; do
        type=${line%%%%$'\\t'*} value=${line#*$'\\t'}
        case $type in
            file) compopt -o default ;;
            keydir) compopt -o nospace; COMPREPLY+=("$value") ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(%(complete_var)s=bash_complete COMP_LINE="${COMP_LINE:0:COMP_POINT}" \\
        COMP_BREAKS="$COMP_WORDBREAKS" "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH: Final = """\
#compdef %(prog_name)s
%(complete_func)s() {
    local line
    local -a parts plain directories described
    for line in "${(@f)$(%(complete_var)s=zsh_complete COMP_WORDS="${(j: :)words[1,CURRENT]}" \\
            COMP_CWORD=$((CURRENT-1)) ${words[1]} 2>/dev/null)}"; do
        parts=("${(@ps:\\t:)line}")
        case $parts[1] in
            file) _files ;;
            keydir) directories+=("$parts[2]") ;;
            plain) if [[ -n $parts[3] ]]; then described+=("${parts[2]//:/\\\\:}:$parts[3]")
                else plain+=("$parts[2]"); fi ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described
    (( $#plain )) && compadd -V unsorted -a plain
    (( $#directories )) && compadd -V unsorted -S '' -a directories
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH: Final = """\
function %(complete_func)s
    for line in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp | string collect) \\
            COMP_CWORD=(commandline -ct | string collect) %(prog_name)s 2>/dev/null)
        set -l parts (string split -m 1 \\t -- $line)
        switch $parts[1]
            case file
                __fish_complete_path (commandline -ct)
            case keydir plain
                echo -- $parts[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""

_SINGLE_DASH: Final = re.compile(r"-[A-Za-z0-9]")
_LONG: Final = re.compile(r"-[A-Za-z0-9][A-Za-z0-9-]")


class _Careful(ShellComplete):
    """Reads flags as Go does, with one dash or two, and fails silently."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        args = two_dashes(args)
        flag, equals, value = incomplete.partition("=")
        if equals and flag.startswith("-"):
            found = super().get_completions([*args, *two_dashes([flag])], value)
            return _changed(found, lambda value: f"{flag}={value}")
        found = super().get_completions(args, incomplete)
        if _SINGLE_DASH.match(incomplete) and "--" not in args:
            longer = super().get_completions(args, f"-{incomplete}")
            found += _changed(longer, lambda value: value.removeprefix("-"))
        return found

    def complete(self) -> str:
        try:
            return super().complete()
        except Exception:  # at a prompt there is nobody to tell
            return ""

    def format_completion(self, item: CompletionItem[str]) -> str:
        help = " ".join((item.help or "").split())
        return f"{item.type}\t{item.value}\t{help}".rstrip("\t")


def _changed(
    items: Iterable[CompletionItem[str]], change: Callable[[str], str]
) -> list[CompletionItem[str]]:
    return [CompletionItem(change(one.value), type=one.type, help=one.help) for one in items]


def two_dashes(args: list[str]) -> list[str]:
    """The flags before `--` with the two dashes that click knows them by."""
    end = args.index("--") if "--" in args else len(args)
    return [f"-{one}" if _LONG.match(one) else one for one in args[:end]] + args[end:]


class Bash(_Careful, BashComplete):
    """Bash takes what it is given as it is, and for the last part of a word only."""

    source_template: ClassVar[str] = _BASH

    def source(self) -> str:
        return ShellComplete.source(self)  # click's asks for bash's version, in a process

    def get_completion_args(self) -> tuple[list[str], str]:
        self._line = Line.read(os.environ["COMP_LINE"], os.environ.get("COMP_BREAKS", ""))
        *words, incomplete = self._line.words
        return words[1:], incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        return f"{item.type}\t{self._line.completed(item.value)}"


class Zsh(_Careful, ZshComplete):
    """Zsh quotes what it is given."""

    source_template: ClassVar[str] = _ZSH


class Fish(_Careful, FishComplete):
    """Fish quotes what it is given, and puts no space behind a slash."""

    source_template: ClassVar[str] = _FISH


def register() -> None:
    """Let click use these instead of its own."""
    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell)
