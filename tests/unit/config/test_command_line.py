"""The command line follows Go's flag package and etcd's exit codes (contract 16.1)."""

import shlex
from collections.abc import Sequence
from dataclasses import replace

import pytest

from vard_http.config import ConfigError, HelpRequested, VersionRequested, load
from vard_http.config.table import FLAG_SETTINGS, VARIABLE_SETTINGS

SECTION_16_2 = shlex.split("""
    name data-dir wal-dir snapshot-count max-snapshots max-wals heartbeat-interval election-timeout
    initial-election-tick-advance pre-vote listen-peer-urls listen-client-urls listen-metrics-urls
    initial-advertise-peer-urls advertise-client-urls initial-cluster initial-cluster-state
    initial-cluster-token strict-reconfig-check force-new-cluster discovery discovery-fallback
    discovery-proxy discovery-srv discovery-srv-name proxy proxy-failure-wait
    proxy-refresh-interval proxy-dial-timeout proxy-write-timeout proxy-read-timeout enable-v2 cors
    host-whitelist max-request-bytes quota-backend-bytes backend-batch-interval
    backend-batch-limit max-txn-ops max-concurrent-streams grpc-keepalive-min-time
    grpc-keepalive-interval grpc-keepalive-timeout auto-compaction-mode auto-compaction-retention
    cert-file key-file trusted-ca-file client-cert-auth auto-tls client-crl-file
    client-cert-allowed-hostname peer-cert-file peer-key-file peer-trusted-ca-file
    peer-client-cert-auth peer-auto-tls peer-crl-file peer-cert-allowed-cn
    peer-cert-allowed-hostname cipher-suites auth-token auth-token-ttl bcrypt-cost logger
    log-outputs log-level debug log-package-levels enable-pprof metrics enable-grpc-gateway
    unsafe-no-fsync experimental-initial-corrupt-check experimental-corrupt-check-time
    experimental-enable-v2v3 experimental-backend-bbolt-freelist-type
    experimental-enable-lease-checkpoint experimental-compaction-batch-limit
    experimental-peer-skip-client-san-verification experimental-watch-progress-notify-interval
    experimental-warning-apply-duration
""")
NO_LONGER_SUPPORTED = shlex.split("""
    cluster-active-size cluster-remove-delay cluster-sync-interval config force max-result-buffer
    max-retry-attempts peer-heartbeat-interval peer-election-timeout retry-interval snapshot v vv
""")


def refusal(argv: Sequence[str]) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(argv, {})
    return caught.value


def test_without_arguments_it_is_one_node_on_localhost() -> None:
    config = load([], {})
    assert config.name == "default"
    assert config.data_dir == "default.vard"
    assert config.listen_client_urls == config.advertise_client_urls == ("http://localhost:2379",)
    assert config.listen_peer_urls == ("http://localhost:2380",)
    assert dict(config.initial_cluster) == {"default": ("http://localhost:2380",)}
    assert (config.heartbeat_interval, config.election_timeout) == (100, 1000)
    assert config.enable_v2
    assert config.pre_vote
    assert config.warnings == ()


@pytest.mark.parametrize("name", SECTION_16_2)
def test_every_flag_of_the_contract_has_its_default_accepted_in_both_forms(name: str) -> None:
    advertised = ["--advertise-client-urls=http://localhost:2379"]
    needed = advertised if name == "listen-client-urls" else []
    for dashes in ("-", "--"):
        flag = f"{dashes}{name}={FLAG_SETTINGS[name].default}"
        assert replace(load([flag, *needed], {}), warnings=()) == load([], {})


@pytest.mark.parametrize("name", NO_LONGER_SUPPORTED)
def test_flags_etcd_ignores_give_its_warning(name: str) -> None:
    for flag in (f"-{name}", f"--{name}=5"):
        assert load([flag], {}).warnings == (f'flag "-{name}" is no longer supported - ignoring.',)


def test_a_value_may_follow_or_be_joined() -> None:
    for argv in (["--name", "a"], ["-name", "a"], ["--name=a"], ["-name=a"]):
        assert load(argv, {}).name == "a"


def test_the_last_of_several_values_counts() -> None:
    assert load(["--name=a", "-name", "b"], {}).name == "b"


def test_a_boolean_takes_its_value_only_joined() -> None:
    assert load(["--debug"], {}).debug
    assert not load(["--enable-v2=false"], {}).enable_v2
    error = refusal(["--enable-v2", "false"])
    assert error.exit_code == 1
    assert str(error).startswith("error verifying flags, 'false' is not a valid flag. See ")


def test_two_dashes_end_the_flags() -> None:
    assert load(["--name=a", "--"], {}).name == "a"
    assert "'--name=a' is not a valid flag" in str(refusal(["--", "--name=a"]))


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--bogus"], "flag provided but not defined: -bogus"),
        (["--data-dri=x"], "flag provided but not defined: -data-dri (did you mean --data-dir?)"),
        (
            ["-ca-file=x"],
            "flag provided but not defined: -ca-file (did you mean --trusted-ca-file?)",
        ),
        (["-peers=x"], "flag provided but not defined: -peers (did you mean --initial-cluster?)"),
        (["---name=x"], "bad flag syntax: ---name=x"),
        (["--=x"], "bad flag syntax: --=x"),
        (["--name"], "flag needs an argument: -name (name takes a text)"),
        (
            ["--enable-v2=maybe"],
            'invalid boolean value "maybe" for -enable-v2: parse error'
            " (enable-v2 takes true or false)",
        ),
        (
            ["--snapshot-count=-1"],
            'invalid value "-1" for flag -snapshot-count: parse error'
            " (snapshot-count takes a whole number from 0)",
        ),
        (
            ["--max-concurrent-streams=99999999999"],
            'invalid value "99999999999" for flag -max-concurrent-streams: strconv.ParseUint:'
            ' parsing "99999999999": value out of range'
            " (max-concurrent-streams takes a whole number from 0 to 4294967295)",
        ),
        (
            ["--grpc-keepalive-timeout=5"],
            'invalid value "5" for flag -grpc-keepalive-timeout: parse error'
            ' (grpc-keepalive-timeout takes a duration such as "300ms", "5s" or "1h30m")',
        ),
        (
            ["--proxy=maybe"],
            'invalid value "maybe" for flag -proxy: invalid value'
            " (proxy takes off, readonly or on)",
        ),
        (
            ["--cors=http://a"],
            'invalid value "http://a" for flag -cors: URL address does not have the form'
            ' "host:port": http://a (cors takes "*" or a comma-separated list of'
            " scheme://host:port)",
        ),
    ],
)
def test_what_the_parser_refuses_exits_2_with_the_usage(argv: list[str], message: str) -> None:
    error = refusal(argv)
    assert str(error) == message
    assert error.exit_code == 2
    assert error.usage.startswith("Usage:\n")


def test_arguments_are_judged_from_left_to_right() -> None:
    assert "for flag -election-timeout" in str(refusal(["--election-timeout=x", "--bogus", "-h"]))
    assert "-bogus" in str(refusal(["--bogus", "--election-timeout=x"]))
    with pytest.raises(HelpRequested):
        load(["-h", "--bogus"], {})


@pytest.mark.parametrize("flag", ["-h", "--h", "-help", "--help", "--help=no"])
def test_help_is_the_whole_text(flag: str) -> None:
    with pytest.raises(HelpRequested) as caught:
        load([flag], {"ETCD_NAME": "x"})
    assert "--initial-cluster 'default=http://localhost:2380'" in caught.value.text


def test_version_is_told_before_variables_are_looked_at() -> None:
    with pytest.raises(VersionRequested) as caught:
        load(["--version", "--name=y"], {"ETCD_NAME": "x"})
    assert caught.value.text.startswith("vard-http Version: ")
    assert load(["--version=false"], {}) == load([], {})
    assert "'extra' is not a valid flag" in str(refusal(["--version", "extra"]))


@pytest.mark.parametrize(
    "name", [name for name, setting in VARIABLE_SETTINGS.items() if setting.no_effect]
)
def test_a_setting_without_effect_gives_one_warning(name: str) -> None:
    setting = VARIABLE_SETTINGS[name]
    argv = [f"--{name}={setting.default}"]
    assert load(argv, {}).warnings == (f"--{name} has no effect: {setting.no_effect}",)
