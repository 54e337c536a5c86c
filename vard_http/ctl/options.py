"""The global options: from the command line, else from variables, else as etcdctl has them.

A variable may be named `VARDCTL_...` or, as etcdctl's, `ETCDCTL_...`; the first is looked at first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

from vard_http.ctl.completion.words import complete_file, one_of
from vard_http.ctl.goflags import GO_DURATION

DEFAULT_ENDPOINTS: Final = "http://127.0.0.1:2379,http://127.0.0.1:4001"

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])


@dataclass(frozen=True)
class Options:
    """What holds for every command; texts are empty and `endpoints` is too where nothing is said.

    `endpoints` are separated by commas. Times are in seconds; 0 is no limit for `timeout`.
    """

    endpoints: str = ""
    discovery_srv: str = ""
    discovery_srv_name: str = ""
    insecure_discovery: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    username: str = ""
    timeout: float = 2.0
    total_timeout: float = 5.0
    output: str = "simple"
    sync: bool = True
    debug: bool = False


def global_options(command: _Decorated) -> _Decorated:
    """Adds the global options to a click group."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_options(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Options:
    """The options of a run; `flags` are what click made of `global_options`."""

    def variable(name: str) -> str:
        return environ.get(f"VARDCTL_{name}") or environ.get(f"ETCDCTL_{name}") or ""

    return Options(
        endpoints=_endpoints(flags, environ),
        discovery_srv=flags["discovery_srv"] or variable("DISCOVERY_SRV"),
        discovery_srv_name=flags["discovery_srv_name"] or variable("DISCOVERY_SRV_NAME"),
        insecure_discovery=flags["insecure_discovery"] or bool(variable("INSECURE_DISCOVERY")),
        ca_file=flags["ca_file"] or variable("CA_FILE"),
        cert_file=flags["cert_file"] or variable("CERT_FILE"),
        key_file=flags["key_file"] or variable("KEY_FILE"),
        username=flags["username"] or variable("USERNAME"),
        timeout=flags["timeout"],
        total_timeout=flags["total_timeout"],
        output=flags["output"],
        sync=not flags["no_sync"],
        debug=flags["debug"],
    )


def _endpoints(flags: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    given = [flags[name] for name in ("endpoints", "endpoint", "peers", "cluster")]
    names = ("VARDCTL_ENDPOINTS", "VARD_CLUSTER", "ETCDCTL_ENDPOINTS", "ETCDCTL_ENDPOINT")
    found = [*given, *(environ.get(name) for name in (*names, "ETCDCTL_PEERS"))]
    return next(filter(None, found), "")


_OPTIONS: Final = (
    click.option("--debug", is_flag=True, help="Show each request as a cURL command."),
    click.option("--no-sync", is_flag=True, help="Do not ask the cluster for its members first."),
    click.option(
        *("--output", "-o"),
        default="simple",
        metavar="FORMAT",
        shell_complete=one_of("simple", "extended", "json"),
        help="How to show answers: simple, extended or json.",
        show_default=True,
    ),
    click.option(
        "--endpoints",
        metavar="URL,...",
        help=f"Client URLs of the cluster. [default: {DEFAULT_ENDPOINTS}]",
    ),
    click.option("--cluster", metavar="HOST:PORT,...", help="The same, as vard's vardctl has it."),
    click.option("--endpoint", metavar="URL,...", help="The same, as etcdctl once had it."),
    click.option("--peers", "-C", metavar="URL,...", help="The same, as etcdctl once had it."),
    click.option(
        *("--discovery-srv", "-D"),
        metavar="DOMAIN",
        help="Domain whose SRV records name the endpoints.",
    ),
    click.option("--discovery-srv-name", metavar="NAME", help="Suffix of those records' service."),
    click.option(
        "--insecure-discovery", is_flag=True, help="Also take endpoints without TLS from DNS."
    ),
    click.option(
        "--cert-file",
        metavar="FILE",
        shell_complete=complete_file,
        help="Certificate of this client.",
    ),
    click.option(
        "--key-file",
        metavar="FILE",
        shell_complete=complete_file,
        help="Key of that certificate.",
    ),
    click.option(
        "--ca-file",
        metavar="FILE",
        shell_complete=complete_file,
        help="Certificates of the authorities to trust.",
    ),
    click.option(
        *("--username", "-u"),
        metavar="NAME[:PASSWORD]",
        help="Who asks; without a password it is asked for.",
    ),
    click.option(
        "--timeout",
        type=GO_DURATION,
        default=2.0,
        metavar="DURATION",
        help="For one request. [default: 2s]",
    ),
    click.option(
        "--total-timeout",
        type=GO_DURATION,
        default=5.0,
        metavar="DURATION",
        help="For the command, but not for watch. [default: 5s]",
    ),
)
