"""The global options, and the variables that stand for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.ctl.inside import run_alone
from vard_http.ctl.main import vardctl
from vard_http.ctl.options import DEFAULT_ENDPOINTS, Options, read_options
from vard_http.ctl.session import Session

ALL = {
    name: f"http://{name}"
    for name in (
        *("VARDCTL_ENDPOINTS", "VARD_CLUSTER"),
        *("ETCDCTL_ENDPOINTS", "ETCDCTL_ENDPOINT", "ETCDCTL_PEERS"),
    )
}


def options(arguments: list[str], environ: dict[str, str]) -> Options:
    flags = vardctl.make_context("vardctl", [*arguments, "help"]).params
    return read_options(flags, environ)


@pytest.mark.parametrize("flag", ["--endpoints", "--cluster", "--endpoint", "--peers", "-C"])
def test_flags_name_the_endpoints_before_any_variable(flag: str) -> None:
    assert options([flag, "http://flag:1"], ALL).endpoints == "http://flag:1"


def test_variables_name_the_endpoints_ours_first() -> None:
    left = dict(ALL)
    for name in ALL:
        assert options([], left).endpoints == f"http://{name}"
        del left[name]
    assert Session(options([], left)).endpoints == tuple(DEFAULT_ENDPOINTS.split(","))


def test_vards_form_of_a_cluster_has_no_scheme() -> None:
    given = options(["--cluster", "10.0.0.1:2379,10.0.0.2:2379"], {})
    assert Session(given).endpoints == ("http://10.0.0.1:2379", "http://10.0.0.2:2379")


@pytest.mark.parametrize(
    ("variable", "option", "value"),
    [
        ("USERNAME", "username", "root:pw"),
        ("CA_FILE", "ca_file", "ca.pem"),
        ("CERT_FILE", "cert_file", "cert.pem"),
        ("KEY_FILE", "key_file", "key.pem"),
        ("DISCOVERY_SRV", "discovery_srv", "example.org"),
        ("DISCOVERY_SRV_NAME", "discovery_srv_name", "blue"),
    ],
)
def test_variables_ours_before_etcdctls_and_flags_before_both(
    variable: str, option: str, value: str
) -> None:
    environ = {f"VARDCTL_{variable}": value, f"ETCDCTL_{variable}": "other"}
    assert getattr(options([], environ), option) == value
    del environ[f"VARDCTL_{variable}"]
    assert getattr(options([], environ), option) == "other"
    flag = f"--{option.replace('_', '-')}"
    assert getattr(options([flag, "flag"], environ), option) == "flag"


def test_flags_are_found_behind_a_switch_and_an_argument_too() -> None:
    """Not so with etcdctl, which ignores what follows `-p /` here."""
    ran = run_alone(["ls", "-p", "/", "-unknown=1"], {})
    assert ran.status == 2  # -unknown is an argument: another came before
    assert run_alone(["ls", "-p", "/", "-r=x"], {}).out.startswith(
        'Incorrect Usage: invalid boolean value "x" for -r: parse error'
    )


def test_a_name_that_is_no_endpoint_is_told() -> None:
    ran = run_alone(["--endpoints", "ftp://a:1", "get", "x"], {})
    assert (ran.status, ran.out) == (1, "")
    assert "ftp://a:1" in ran.err


def test_what_is_slow_to_import_is_not_imported_for_a_key() -> None:
    script = (
        "import sys; from vard_http.ctl.main import main\n"
        "main(['--endpoints', 'http://127.0.0.1:1', 'get', 'x'])\n"
        "print(sorted({'aiohttp', 'asyncio', 'dns', 'rich', 'yaml', 'uvloop'} & {*sys.modules}))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
