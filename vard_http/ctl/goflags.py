"""Command lines by the rules of Go's flag package, and of urfave/cli 1.22 where it has its own.

A flag has one dash or two, its value follows or stands behind `=`, and a flag without a value may
be given one (`--sort=false`). The first argument that is no flag ends the flags; but a command
finds its flags anywhere before `--`, so that `set key value --ttl 5` works. What begins with a dash
and is no flag of the command is an argument if another one came before: `set key -5`.

What is read here becomes a line that click reads: `--flag=value ... -- argument ...`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from vard_http.govalues import parse_bool, parse_duration, parse_signed, quote


class GoCommand(click.Command):
    """A command of etcdctl's: flags come before its arguments or after them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, for_click(self, ctx, self.flags_first(ctx, args)))

    def flags_first(self, ctx: click.Context, args: Sequence[str]) -> list[str]:
        """The same arguments in the order in which Go's flag package wants them."""
        flags, others, behind = sorted_out(self, ctx, args)
        return [*flags, *others] if behind is None else [*flags, "--", *others, *behind]


class GoInt(click.ParamType[int]):
    """A whole number as Go writes it: `10`, `0x0a`, `-1`."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return value if isinstance(value, int) else _parsed(parse_signed, value, param, ctx)


class GoDuration(click.ParamType[float]):
    """A duration as Go writes it, such as `1m30s` or `500ms`; becomes seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        return _parsed(parse_duration, value, param, ctx) / 1e9


GO_INT = GoInt()
GO_DURATION = GoDuration()


def for_click(command: click.Command, ctx: click.Context, args: Sequence[str]) -> list[str]:
    """The same command line as click writes it. Raises click.UsageError with Go's reason.

    While a shell completes it, a line that is not finished is left as it is.
    """
    try:
        return _Line(command, ctx).read(args)
    except click.UsageError:
        if ctx.resilient_parsing:
            return list(args)
        raise


def sorted_out(
    command: click.Command, ctx: click.Context, args: Sequence[str]
) -> tuple[list[str], list[str], list[str] | None]:
    """The flags with their values, the other arguments, and what is behind a `--`, if one is."""
    known = _flags_of(command, ctx)
    flags: list[str] = []
    others: list[str] = []
    rest = list(args)
    while rest:
        text = rest.pop(0)
        if text == "--":
            return flags, others, rest
        name, equals, _ = text.lstrip("-").partition("=")
        if not text.startswith("-") or name not in known:
            others.append(text)
            continue
        flags.append(text)
        if rest and not equals and not known[name].is_flag:
            flags.append(rest.pop(0))
    return flags, others, None


def _flags_of(command: click.Command, ctx: click.Context) -> dict[str, click.Option]:
    """The flags of a command by their names without dashes."""
    return {
        name.lstrip("-"): parameter
        for parameter in command.get_params(ctx)
        if isinstance(parameter, click.Option)
        for name in parameter.opts
    }


class _Line:
    """The flags of one command line so far."""

    def __init__(self, command: click.Command, ctx: click.Context) -> None:
        self._ctx = ctx
        self._known = _flags_of(command, ctx)
        self._values: list[str] = []
        self._switches: dict[str, bool] = {}
        self._names: dict[click.Option, str] = {}

    def read(self, args: Sequence[str]) -> list[str]:
        rest = list(args)
        while rest and len(rest[0]) > 1 and rest[0].startswith("-"):
            text = rest.pop(0)
            if text == "--":
                break
            self._read_flag(text, rest)
        switches = [spelling for spelling, on in self._switches.items() if on]
        return [*self._values, *switches, *(["--", *rest] if rest else [])]

    def _read_flag(self, text: str, rest: list[str]) -> None:
        body = text[2:] if text.startswith("--") else text[1:]
        if not body or body[0] in "-=":
            raise self._error(f"bad flag syntax: {text}")
        name, equals, value = body.partition("=")
        flag = self._known.get(name)
        if flag is None:
            raise self._error(f"flag provided but not defined: -{name}")
        if self._names.setdefault(flag, name) != name:
            second, first = flag.opts[1].lstrip("-"), flag.opts[0].lstrip("-")
            raise self._error(f"Cannot use two forms of the same flag: {second} {first}")
        spelling = next(each for each in flag.opts if each.lstrip("-") == name)
        if flag.is_flag:
            self._switches[spelling] = not equals or self._switch(name, value)
            return
        if not equals and not rest:
            raise self._error(f"flag needs an argument: -{name}")
        value = value if equals else rest.pop(0)
        self._values += [f"{spelling}={value}"] if spelling.startswith("--") else [spelling + value]

    def _switch(self, name: str, value: str) -> bool:
        try:
            return parse_bool(value)
        except ValueError as error:
            reason = f"invalid boolean value {quote(value)} for -{name}: {error}"
            raise self._error(reason) from error

    def _error(self, reason: str) -> click.UsageError:
        return click.UsageError(reason, self._ctx)


def _parsed(
    parse: Callable[[str], int],
    text: str,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> int:
    try:
        return parse(text)
    except ValueError as error:
        flag = param.opts[0].lstrip("-") if param is not None else ""
        raise click.UsageError(
            f"invalid value {quote(text)} for flag -{flag}: {error}", ctx
        ) from error
