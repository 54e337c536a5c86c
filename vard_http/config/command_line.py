"""The command line by the rules of Go's flag package (contract 16.1)."""

from collections.abc import Sequence
from dataclasses import dataclass

from vard_http.config.errors import ConfigError, HelpRequested, failed_verification
from vard_http.config.given import Given, Source, parse_given
from vard_http.config.setting import Group, Setting
from vard_http.config.table import FLAG_SETTINGS, nearest_setting
from vard_http.config.usage import usage, usage_line

Flags = dict[str, list[Given]]
"""The values of each flag given, in the order given; the last one counts."""


@dataclass(frozen=True, slots=True)
class _Argument:
    """One `-name` or `-name=value`."""

    name: str
    value: str | None


def parse_command_line(argv: Sequence[str]) -> Flags:
    """Reads the flags; `argv` is without the program's name.

    Raises ConfigError with status 2 for an unknown flag or a value that does not parse, with
    status 1 for anything that is not a flag, and HelpRequested.
    """
    flags: Flags = {}
    rest = list(argv)
    try:
        while rest and (argument := _next_argument(rest)):
            setting, text = _read_flag(argument, rest)
            dashes = "-" if setting.group is Group.VARD else "--"
            given = Given(text, Source.FLAG, f"{dashes}{setting.name}")
            if not setting.late:
                parse_given(setting, given)
            flags.setdefault(setting.name, []).append(given)
    except ConfigError as error:
        raise ConfigError(error.message, error.exit_code, usage=usage_line()) from None
    if rest:
        raise failed_verification(f"'{rest[0]}' is not a valid flag")
    return flags


def _next_argument(rest: list[str]) -> _Argument | None:
    """Takes the next flag from `rest`; None where the flags end."""
    text = rest[0]
    if len(text) < 2 or not text.startswith("-"):
        return None
    del rest[0]
    if text == "--":
        return None
    body = text[2:] if text.startswith("--") else text[1:]
    if not body or body[0] in "-=":
        raise ConfigError(f"bad flag syntax: {text}", exit_code=2)
    name, equals, value = body.partition("=")
    return _Argument(name, value if equals else None)


def _read_flag(argument: _Argument, rest: list[str]) -> tuple[Setting, str]:
    if argument.name not in FLAG_SETTINGS:
        raise _unknown_flag(argument.name)
    setting = FLAG_SETTINGS[argument.name]
    if argument.value is not None:
        return setting, argument.value
    if setting.kind.is_boolean:
        return setting, "true"
    if not rest:
        raise ConfigError(f"flag needs an argument: -{setting.name} ({setting.takes})", exit_code=2)
    return setting, rest.pop(0)


def _unknown_flag(name: str) -> Exception:
    if name in ("h", "help"):
        return HelpRequested(usage())
    nearest = nearest_setting(name, FLAG_SETTINGS)
    hint = f" (did you mean --{nearest}?)" if nearest else ""
    return ConfigError(f"flag provided but not defined: -{name}{hint}", exit_code=2)
