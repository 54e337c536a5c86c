"""A value as somebody gave it, before and after it is understood."""

from dataclasses import dataclass
from enum import Enum

from vard_http.config.errors import ConfigError, failed_verification
from vard_http.config.setting import Setting
from vard_http.govalues import quote


class Source(Enum):
    """Where a value was found."""

    FLAG = "flag"
    VARIABLE = "variable"
    FILE = "file"
    VARD = "vard's own form"


@dataclass(frozen=True, slots=True)
class Given:
    """The text of a value and where it stood: `--name`, `ETCD_NAME`, `FILE:LINE: name`, `-me 0`."""

    text: str
    source: Source
    where: str


def parse_given(setting: Setting, given: Given) -> object:
    """The typed value, or ConfigError with setting, origin, text and what is allowed."""
    if setting.kind.empty_is_default and not given.text:
        return setting.kind.parse(setting.default)
    try:
        value: object = setting.kind.parse(given.text)
    except ValueError as error:
        raise _wrong_value(setting, given, str(error)) from None
    return value


def _wrong_value(setting: Setting, given: Given, reason: str) -> ConfigError:
    text = quote(given.text)
    if setting.late:
        return failed_verification(
            f"{reason} ({given.where} is {text}; {setting.takes})", setting.exit_code
        )
    if given.source is not Source.FLAG:
        return failed_verification(
            f"invalid value {text} for {given.where}: {reason} ({setting.takes})"
        )
    prefix, noun = ("boolean ", "") if setting.kind.is_boolean else ("", "flag ")
    message = f"invalid {prefix}value {text} for {noun}-{setting.name}: {reason} ({setting.takes})"
    return ConfigError(message, exit_code=2)
