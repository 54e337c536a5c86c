"""From the command line, the environment and a file to one Config."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from vard_http.config.command_line import Flags, parse_command_line
from vard_http.config.config_file import settings_from_file
from vard_http.config.environment import (
    config_file_from_environment,
    settings_from_environment,
    variables_in,
)
from vard_http.config.errors import VersionRequested, failed_verification
from vard_http.config.given import Given, parse_given
from vard_http.config.model import ACTIVE, Config
from vard_http.config.table import ETCD_SETTINGS, IGNORED_SETTINGS
from vard_http.config.usage import version_text
from vard_http.config.validation import advice, may_be_proxy, validate
from vard_http.config.vard_form import translate
from vard_http.govalues import parse_bool, quote

_DEFAULT_SNAPSHOT_COUNT = 100_000

Values = Mapping[str, Given]


def load(argv: Sequence[str], environ: Mapping[str, str]) -> Config:
    """The configuration that a command line (without the program's name) and variables mean.

    Reads no file but the one that `--config-file` names, and writes none. Raises ConfigError,
    HelpRequested or VersionRequested.
    """
    flags = parse_command_line(argv)
    if "version" in flags and parse_bool(flags["version"][-1].text):
        raise VersionRequested(version_text())
    if file := _config_file(flags, environ):
        return _from_file(file, flags, environ)
    return _from_flags_and_variables(flags, environ)


def _config_file(flags: Flags, environ: Mapping[str, str]) -> Given | None:
    """The file that the flag names, or else the variable: the one setting where both may be."""
    if "config-file" in flags and flags["config-file"][-1].text:
        return flags["config-file"][-1]
    return config_file_from_environment(environ)


def _from_file(file: Given, flags: Flags, environ: Mapping[str, str]) -> Config:
    given, warnings = settings_from_file(file.text, file.where)
    ignored = [f"--{name}" for name in flags if name != "config-file"]
    ignored += [name for name in variables_in(environ) if name != file.where]
    if ignored:
        warnings.insert(
            0,
            f"the configuration file {file.text} is used: all other command line flags and"
            f" environment variables are ignored, here {', '.join(ignored)}",
        )
    return _finish(_follow_cluster_defaults(_parsed(given), given), given, warnings)


def _from_flags_and_variables(flags: Flags, environ: Mapping[str, str]) -> Config:
    variables, warnings = settings_from_environment(environ, flags)
    given = {name: values[-1] for name, values in flags.items()} | variables
    told = translate(flags)
    _refuse_contradictions(told, given)
    given |= told
    config = _follow_cluster_defaults(_parsed(given), given)
    missing = "listen-client-urls" in given and "advertise-client-urls" not in given
    if missing and not may_be_proxy(config):
        config = replace(config, advertise_client_urls=())
    return _finish(config, given, warnings)


def _refuse_contradictions(told: Values, given: Values) -> None:
    """vard's own form and etcd's flags may meet only where they mean the same."""
    for name, one in told.items():
        other = given.get(name)
        if other is None:
            continue
        setting = ETCD_SETTINGS[name]
        if parse_given(setting, one) != parse_given(setting, other):
            raise failed_verification(
                f"{one.where} and {other.where} contradict each other: {one.where} makes {name}"
                f" {quote(one.text)}, but {other.where} is {quote(other.text)}; give one of them"
            )


def _parsed(given: Values) -> Config:
    for name, setting in ETCD_SETTINGS.items():
        if name in given:
            parse_given(setting, given[name])
    fields: dict[str, Any] = {
        one.name.replace("-", "_"): parse_given(one, given[one.name])
        for one in ACTIVE
        if one.name in given
    }
    return Config(**fields)


def _follow_cluster_defaults(config: Config, given: Values) -> Config:
    """The initial cluster is none with discovery, and else follows a changed name."""
    if (
        config.discovery or config.discovery_srv or config.discovery_srv_name
    ) and "initial-cluster" not in given:
        return replace(config, initial_cluster=MappingProxyType({}))
    untouched = config.initial_cluster == Config().initial_cluster
    if config.name != Config().name and untouched:
        name = config.name or Config().name
        return replace(
            config, initial_cluster=MappingProxyType({name: config.initial_advertise_peer_urls})
        )
    return config


def _finish(config: Config, given: Values, warnings: list[str]) -> Config:
    validate(config, given)
    default_directory = config.data_dir in ("", Config().data_dir)
    return replace(
        config,
        data_dir=f"{config.name}.vard" if default_directory else config.data_dir,
        snapshot_count=config.snapshot_count or _DEFAULT_SNAPSHOT_COUNT,
        warnings=(*warnings, *_without_effect(given), *advice(config)),
    )


def _without_effect(given: Values) -> list[str]:
    inert = [
        f"{given[name].where} has no effect: {setting.no_effect}"
        for name, setting in ETCD_SETTINGS.items()
        if name in given and setting.no_effect
    ]
    ignored = [
        f'flag "-{name}" is no longer supported - ignoring.'
        for name in IGNORED_SETTINGS
        if name in given
    ]
    return inert + ignored
