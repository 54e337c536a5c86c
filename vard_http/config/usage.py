"""The texts that `--help`, `--version` and a refused command line print."""

import os
import platform
import sys
from collections.abc import Sequence

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

  vard-http dev --nodes 3
    Run a cluster on this machine, to try it and to break it. It has its own --help.

  vard-http -dbpath DIR -port PORT -me ID -node ID,HOST:PORT ...
    Start one node as vard is started.
"""

_WITHOUT_EFFECT = (
    "Flags of etcd without an effect here (checked as etcd does; each gives a warning)"
)

_MORE = """\
Environment:
  Each flag but vard's own has a variable: ETCD_ or VARD_ and its name in capitals, '_' for '-', as
  in VARD_DATA_DIR. A setting that has both a flag and a variable is refused, as in etcd.
  NOTIFY_SOCKET, WATCHDOG_USEC
    Set by systemd, which is told when clients are served, and that the process is alive.

Files:
  ${data-dir}/vard.db, vard.db-wal
    The log, the snapshots, term and vote. Never copy them while the process runs: use backup.
  ${data-dir}/LOCK
    Names the process that uses the directory.
  ${data-dir}/fixtures
    What --auto-tls and --peer-auto-tls made.

Signals and status:
  SIGTERM or SIGINT end the process in order, and it dies by that signal (as process 1: status 0).
  0  this member was removed from the cluster
  1  it could not start, or its disk failed; the last line of the log says why
  2  a flag was wrong

Examples:
  vard-http
    One member on this machine, on http://localhost:2379, with its data in default.vard.
  vard-http --config-file /etc/vard-http/vard-http.yaml
    Everything from a file; config/vard-http.example.yaml has every setting.
  vard-http --name n1 --data-dir n1.vard \\
      --listen-peer-urls http://10.0.0.1:2380 --initial-advertise-peer-urls http://10.0.0.1:2380 \\
      --listen-client-urls http://10.0.0.1:2379 --advertise-client-urls http://10.0.0.1:2379 \\
      --initial-cluster n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380,n3=http://10.0.0.3:2380
    One of three members; the others have their own names and addresses.
"""

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


def usage_line() -> str:
    """The ways to call the command, as printed after a refused command line."""
    return _USAGE_LINE


def usage() -> str:
    """The whole help text: every setting with its default, by group, those with an effect first."""
    settings = (*ETCD_SETTINGS.values(), *VARD_SETTINGS)
    groups = (
        _titled(group.value, [one for one in settings if one.group is group and not one.no_effect])
        for group in Group
    )
    without_effect = _titled(_WITHOUT_EFFECT, [one for one in settings if one.no_effect])
    return "\n".join((_USAGE_LINE, *filter(None, groups), without_effect, _MORE))


def version_text() -> str:
    """Four lines, as `etcd --version` prints them (contract 16.1)."""
    machine = os.uname().machine
    return (
        f"vard-http Version: {__version__}\n"
        f"etcd API Version: {ETCD_VERSION}\n"
        f"Python Version: {platform.python_version()}\n"
        f"OS/Arch: {sys.platform}/{_ARCHITECTURES.get(machine, machine)}\n"
    )


def _titled(title: str, settings: Sequence[Setting]) -> str:
    """Nothing if there are no settings."""
    if not settings:
        return ""
    return "\n".join((f"{title}:", *map(_entry, settings), ""))


def _entry(setting: Setting) -> str:
    return f"  --{setting.name} '{setting.default}'\n    {setting.help}"
