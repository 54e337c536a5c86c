"""The texts that `--help`, `--version` and a refused command line print."""

import os
import platform
import sys

from vard_http import ETCD_VERSION, __version__
from vard_http.config.setting import Group, Setting
from vard_http.config.table import ETCD_SETTINGS
from vard_http.config.vard_form import VARD_SETTINGS

_USAGE_LINE = """\
Usage:

  vard-http [flags]
    Start a server that speaks etcd's v2 API.

  vard-http --version
    Show the version of vard-http.

  vard-http -h | --help
    Show the help information about vard-http.

  vard-http --config-file
    Path to the server configuration file. Note that if a configuration file is provided, \
other command line flags and environment variables will be ignored.

  vard-http backup | restore | import
    Keep what a cluster holds in a file, begin a new cluster with it, or take over etcd's keys. \
Each has its own --help.

  vard-http -dbpath DIR -port PORT -me ID -node ID,HOST:PORT ...
    Start one node as vard is started.
"""

_VARIABLES = """\
Each flag but vard's own has a variable: ETCD_ or VARD_ and its name in capitals, '_' for '-'.
"""

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


def usage_line() -> str:
    """The ways to call the command, as printed after a refused command line."""
    return _USAGE_LINE


def usage() -> str:
    """The whole help text: every setting with its default, by group."""
    groups = (_group(group) for group in Group)
    return "\n".join((_USAGE_LINE, *groups, _VARIABLES))


def version_text() -> str:
    """Four lines, as `etcd --version` prints them (contract 16.1)."""
    machine = os.uname().machine
    return (
        f"vard-http Version: {__version__}\n"
        f"etcd API Version: {ETCD_VERSION}\n"
        f"Python Version: {platform.python_version()}\n"
        f"OS/Arch: {sys.platform}/{_ARCHITECTURES.get(machine, machine)}\n"
    )


def _group(group: Group) -> str:
    settings = [one for one in (*ETCD_SETTINGS.values(), *VARD_SETTINGS) if one.group is group]
    return "\n".join((f"{group.value}:", *map(_entry, settings), ""))


def _entry(setting: Setting) -> str:
    return f"  --{setting.name} '{setting.default}'\n    {setting.help}"
