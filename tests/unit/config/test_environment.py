"""Variables set what flags do not, as in etcd (contract 16.1)."""

import pytest

from vard_http.config import ConfigError, load

SHADOWED = (
    'conflicting environment variable "{}" is shadowed by corresponding command-line flag'
    " (either unset environment variable or disable flag)"
)


@pytest.mark.parametrize("prefix", ["ETCD_", "VARD_"])
def test_a_variable_sets_what_the_flag_would(prefix: str) -> None:
    environ = {
        f"{prefix}NAME": "n1",
        f"{prefix}ENABLE_V2": "false",
        f"{prefix}INITIAL_CLUSTER_TOKEN": "t",
        f"{prefix}HEARTBEAT_INTERVAL": "0x20",
    }
    flags = ["--name=n1", "--enable-v2=false", "--initial-cluster-token=t"]
    assert load([], environ) == load([*flags, "--heartbeat-interval=32"], {})


@pytest.mark.parametrize("variable", ["ETCD_NAME", "VARD_NAME"])
@pytest.mark.parametrize("value", ["other", "same", ""])
def test_a_flag_and_a_variable_for_one_setting_conflict(variable: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(["--name=same"], {variable: value})
    assert str(caught.value) == SHADOWED.format(variable)
    assert caught.value.exit_code == 1


def test_both_prefixes_may_agree_but_not_differ() -> None:
    assert load([], {"ETCD_NAME": "a", "VARD_NAME": "a"}).name == "a"
    assert load([], {"ETCD_NAME": "", "VARD_NAME": "a"}).name == "a"
    with pytest.raises(ConfigError) as caught:
        load([], {"ETCD_NAME": "a", "VARD_NAME": "b"})
    assert "ETCD_NAME and VARD_NAME both set name" in str(caught.value)
    assert caught.value.exit_code == 1


def test_an_empty_variable_is_unset() -> None:
    assert load([], {"ETCD_NAME": "", "ETCD_LISTEN_CLIENT_URLS": ""}) == load([], {})


def test_an_unknown_variable_gives_a_warning_without_its_value() -> None:
    environ = {"ETCD_DATA_DRI": "/d", "VARD_PASSWORD": "secret", "ETCDCTL_API": "2", "HOME": "/"}
    assert load([], environ).warnings == (
        "unrecognized environment variable ETCD_DATA_DRI (did you mean ETCD_DATA_DIR?)",
        "unrecognized environment variable VARD_PASSWORD",
    )


def test_vards_own_flags_have_no_variables() -> None:
    """Kubernetes sets VARD_PORT for a service named vard."""
    config = load([], {"VARD_PORT": "tcp://10.0.0.1:8000"})
    assert config.advertise_client_urls == ("http://localhost:2379",)
    assert len(config.warnings) == 1
    assert config.warnings[0].startswith("unrecognized environment variable VARD_PORT")


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("ETCD_HEARTBEAT_INTERVAL", "abc", "parse error (heartbeat-interval takes a whole number"),
        ("VARD_ENABLE_V2", "maybe", "parse error (enable-v2 takes true or false)"),
        (
            "ETCD_INITIAL_CLUSTER_STATE",
            "old",
            "invalid value (initial-cluster-state takes new or existing)",
        ),
        ("ETCD_LISTEN_PEER_URLS", "foo", "URL scheme must be http, https, unix, or unixs: foo ("),
    ],
)
def test_a_wrong_variable_exits_1_and_is_named(variable: str, value: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load([], {variable: value})
    start = f'error verifying flags, invalid value "{value}" for {variable}: {reason}'
    assert str(caught.value).startswith(start)
    assert caught.value.exit_code == 1
    assert caught.value.usage == ""


def test_a_variable_for_an_ignored_flag_gives_etcds_warning() -> None:
    warning = 'flag "-snapshot" is no longer supported - ignoring.'
    assert load([], {"ETCD_SNAPSHOT": "4"}).warnings == (warning,)


def test_listening_elsewhere_by_variable_needs_advertised_urls() -> None:
    with pytest.raises(ConfigError, match=r"ETCD_LISTEN_CLIENT_URLS is "):
        load([], {"ETCD_LISTEN_CLIENT_URLS": "http://127.0.0.1:2379"})
