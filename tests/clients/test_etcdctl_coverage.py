"""Whether every subcommand and flag that etcdctl's help names is in the tables of commands."""

from __future__ import annotations

import re

import pytest

from tests.clients import test_etcdctl_backup, test_etcdctl_dns, test_etcdctl_tls
from tests.clients.etcdctl import Command, Etcdctl, Watching
from tests.clients.etcdctl_commands import (
    AUTH,
    KEYS,
    MEMBER,
    OF_THREE,
    UNREACHABLE,
    WATCHES,
    ctl,
)

pytestmark = pytest.mark.etcd

Path = tuple[str, ...]
"""A subcommand, such as ("user", "add"); etcdctl itself is ()."""

Flags = dict[Path, dict[str, bool]]
"""The flags of every subcommand, and whether a value follows them."""

_STEPS = (
    *(*KEYS, *WATCHES, *AUTH, *MEMBER, *OF_THREE),
    *test_etcdctl_backup.COMMANDS,
    *(command for command, _ in test_etcdctl_dns.COMMANDS),
    *(ctl(line) for line, _ in test_etcdctl_tls.COMMANDS),
)


def documented(path: Path = ()) -> Flags:
    """What the help of a subcommand, and of those below it, names."""
    lines = Etcdctl([], UNREACHABLE).run(Command((*path, "--help"))).stdout
    flags: dict[str, bool] = {}
    found: Flags = {path: flags}
    section = ""
    for line in lines:
        if not line.startswith(" "):
            section = line.strip()
        elif "OPTIONS" in section and line.strip():
            for flag, value in re.findall(r"(--?[\w-]+)( \w+)?(?=, |  |$)", _left(line)):
                flags[flag] = bool(value)
        elif section == "COMMANDS:" and line.strip():
            for name in _left(line).split(", "):
                found |= {(*path, name): {}} if name in ("help", "h") else documented((*path, name))
    return found


def _left(line: str) -> str:
    """The column that names things."""
    return re.split(r"\s{2,}", line.strip())[0]


def given(command: Command, known: Flags) -> set[tuple[Path, str]]:
    """The subcommands of a command line, each with "", and its flags."""
    path: Path = ()
    found = {(path, "")}
    arguments = iter(command.arguments)
    for argument in arguments:
        flag, equals, _ = argument.partition("=")
        if argument == "--":
            break
        if flag in known[path]:
            found.add((path, flag))
            if known[path][flag] and not equals:
                next(arguments, None)
        elif (*path, argument) in known:
            path = (*path, argument)
            found.add((path, ""))
    return found


def test_every_subcommand_and_flag_is_tried() -> None:
    known = documented()
    everything = {(path, flag) for path, flags in known.items() for flag in ("", *flags)}
    commands = [step.watch if isinstance(step, Watching) else step for step in _STEPS]
    tried = {each for command in commands for each in given(command, known)}
    assert sorted(" ".join((*path, flag)) for path, flag in everything - tried) == []
    assert len(everything) > 100
