"""Exit codes and reasons are those of the real etcd, for command lines that end by themselves."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from vard_http.config import ConfigError, InformationRequested, check_bootstrap, load
from vard_http.config.compatibility import INERT
from vard_http.config.table import ETCD_SETTINGS

# Each line: variables, flags and, after "=>", words that both must print on refusal.
COMMAND_LINES = [
    line.strip()
    for line in """
    --version =>
    -h =>
    --help=x =>
    ETCD_NAME=x --version =>
    --version extra => 'extra' is not a valid flag
    --bogus => flag provided but not defined: -bogus
    ---bogus => bad flag syntax: ---bogus
    --name => flag needs an argument: -name
    --enable-v2 false => 'false' is not a valid flag
    --enable-v2=maybe => invalid boolean value "maybe" for -enable-v2: parse error
    --snapshot-count=-1 => invalid value "-1" for flag -snapshot-count: parse error
    --max-wals=99999999999999999999 => for flag -max-wals: value out of range
    --max-concurrent-streams=x => strconv.ParseUint: parsing "x": invalid syntax
    --grpc-keepalive-timeout=5 => for flag -grpc-keepalive-timeout: parse error
    --proxy=x => invalid value "x" for flag -proxy: invalid value
    --proxy-failure-wait=-1 => invalid value "-1" for flag -proxy-failure-wait: parse error
    --proxy-refresh-interval= => invalid value "" for flag -proxy-refresh-interval: parse error
    --proxy-dial-timeout=1.5 => invalid value "1.5" for flag -proxy-dial-timeout: parse error
    --proxy-write-timeout=x => invalid value "x" for flag -proxy-write-timeout: parse error
    --proxy-read-timeout=18446744073709551616 => -proxy-read-timeout: value out of range
    --discovery-fallback= => invalid value "" for flag -discovery-fallback: invalid value
    --initial-cluster-state=x => invalid value "x" for flag -initial-cluster-state: invalid value
    --debug=x => invalid boolean value "x" for -debug: parse error
    --cors= => invalid value "" for flag -cors: URL scheme must be http, https, unix, or unixs:
    --cors=http://a:1,* => -cors: URL scheme must be http, https, unix, or unixs: *
    --listen-metrics-urls=http://foo:1 => expected IP in URL for binding (http://foo:1)
    --listen-metrics-urls=http://127.0.0.1:1/x => URL must not contain a path: http://127.0.0.1:1/x
    --cors=x => for flag -cors: URL scheme must be http, https, unix, or unixs: x
    --listen-peer-urls=http://a => URL address does not have the form "host:port": http://a
    --listen-peer-urls=http://a:1/ => URL must not contain a path: http://a:1/
    --listen-peer-urls=http://a:1x => parse "http://a:1x": invalid port ":1x" after host
    --listen-peer-urls=127.0.0.1:1 => first path segment in URL cannot contain colon
    --listen-peer-urls=http://a:1 => expected IP in URL for binding (http://a:1)
    --listen-client-urls=http://127.0.0.1:1 => --advertise-client-urls is required when
    --heartbeat-interval=0 => --heartbeat-interval must be >0 (set to 0ms)
    --election-timeout=499 => --election-timeout[499ms] should be at least as 5 times as
    --election-timeout=50001 => --election-timeout[50001ms] is too long
    --discovery=http://a --discovery-srv=b => multiple discovery or bootstrap flags are set.
    --advertise-client-urls=http://:1 => must be "host:port" (unexpected empty host (http://:1))
    --logger=x => unknown logger option "x"
    --log-outputs=x => unknown log-output "x" (only supports "default", "stderr", "stdout")
    --logger=zap --log-outputs=stderr,default => multi logoutput for "default" is not supported yet
    --log-outputs=stdout,stderr => supports only 1 value in '--log-outputs', got ["stderr" "stdout"]
    --log-outputs= => unknown log-output "" (only supports "default", "stderr", "stdout")
    --log-level=x => unknown level "x"
    --log-level=INFO => unknown level "INFO"
    --auto-compaction-mode=x => unknown auto-compaction-mode "x"
    ETCD_NAME=x --name=x => conflicting environment variable "ETCD_NAME" is shadowed by
    ETCD_NAME= --name=x => conflicting environment variable "ETCD_NAME" is shadowed by
    ETCD_MAX_WALS=x => invalid value "x" for ETCD_MAX_WALS: parse error
    ETCD_HEARTBEAT_INTERVAL=0 => --heartbeat-interval must be >0 (set to 0ms)
    --config-file=/nowhere/x => open /nowhere/x: no such file or directory
    --ca-file=x => flag provided but not defined: -ca-file
""".strip().splitlines()
]
DEPARTURES = {
    "data-dir": "${name}.vard",
    "enable-v2": "true",
    "max-request-bytes": "10485760",
    "pre-vote": "true",
}
TRIED_ELSEWHERE = {
    "discovery-srv-name": "tests/unit/discovery/test_srv.py",
    "initial-election-tick-advance": "tests/unit/raft",
    "pre-vote": "tests/unit/raft",
}
TESTS = Path(__file__).parents[2]
COMPATIBILITY = TESTS.parent / "docs" / "compatibility.md"
SAME_IN_OTHER_WORDS = {
    "backend-batch-interval": ("", "0"),
    "max-concurrent-streams": ("math.MaxUint32", "4294967295"),
}

pytestmark = [
    pytest.mark.etcd,
    pytest.mark.skipif(shutil.which("etcd") is None, reason="etcd is not installed"),
]


def split(line: str) -> tuple[dict[str, str], list[str], str]:
    command, _, words = line.partition(" =>")
    environ, argv = {}, shlex.split(command)
    while argv and not argv[0].startswith("-"):
        name, _, value = argv.pop(0).partition("=")
        environ[name] = value
    return environ, argv, words.strip()


def outcome(argv: list[str], environ: dict[str, str]) -> tuple[int | None, str]:
    try:
        check_bootstrap(load(argv, environ))
    except ConfigError as error:
        return error.exit_code, str(error)
    except InformationRequested as request:
        return 0, request.text
    return None, ""


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_it_ends_as_etcd_does(line: str, tmp_path: Path) -> None:
    environ, argv, words = split(line)
    etcd = subprocess.run(
        ["etcd", *argv],
        env={"PATH": os.environ["PATH"], **environ},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    exit_code, message = outcome(argv, environ)
    assert exit_code == etcd.returncode
    assert words in etcd.stderr
    assert words in message
    assert list(tmp_path.iterdir()) == []


def flags_of_etcd() -> list[tuple[str, str]]:
    """Names and defaults that its help shows."""
    help_text = subprocess.run(
        ["etcd", "--help"], capture_output=True, text=True, timeout=20, check=True
    ).stdout
    rows = re.findall(r"^  --([a-z0-9-]+) '?([^'\n]*)'?$", help_text, re.MULTILINE)
    assert len(rows) > 75
    return rows


def test_names_and_defaults_are_those_of_etcds_help() -> None:
    for name, default in flags_of_etcd():
        expected = DEPARTURES.get(name, default)
        known = ETCD_SETTINGS[name].default
        assert known == expected or SAME_IN_OTHER_WORDS[name] == (default, known)


def told(words: str = "") -> set[str]:
    """The flags in rows of docs/compatibility.md whose second column begins with `words`."""
    rows = re.findall(r"^\| (`--[^|]*) \| (.*) \|$", COMPATIBILITY.read_text(), re.MULTILINE)
    return {
        name
        for flags, text in rows
        if text.startswith(words)
        for name in re.findall(r"`--([a-z0-9-]+)`", flags)
    }


def test_the_flags_without_effect_and_other_defaults_are_told() -> None:
    assert told("no effect") == {setting.name for setting in INERT}
    assert DEPARTURES.keys() <= told()


def test_each_flag_with_an_effect_is_tried_on_a_server() -> None:
    tried = "\n".join(
        path.read_text()
        for room in ("harness", "cluster", "conformance", "clients")
        for path in (TESTS / room).glob("*.py")
    )
    for name, _ in flags_of_etcd():
        if not ETCD_SETTINGS[name].no_effect and name not in TRIED_ELSEWHERE:
            assert re.search(rf"[\"'-]{name}\b", tried), name
