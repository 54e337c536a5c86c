"""A YAML file says what flags say, and then it alone counts (contract 16.1)."""

import shlex
from pathlib import Path

import pytest

from vard_http.config import Config, ConfigError, check_bootstrap, load, missing_features

EXAMPLE = Path(__file__).parents[3] / "config" / "vard-http.example.yaml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node.yaml"


def load_file(path: Path, text: str) -> Config:
    path.write_text(text)
    return load([f"--config-file={path}"], {})


def refusal(path: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_file(path, text)
    assert caught.value.exit_code == 1
    assert caught.value.usage == ""
    return caught.value


def test_a_file_equals_the_flags_of_the_same_names(path: Path) -> None:
    config = load_file(
        path,
        """
        name: n1
        data-dir: /d
        heartbeat-interval: 50
        pre-vote: false
        listen-client-urls: http://10.0.0.1:2379,http://127.0.0.1:2379
        advertise-client-urls: http://10.0.0.1:2379
        initial-advertise-peer-urls: http://10.0.0.1:2380
        initial-cluster: n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380
        cors: http://a:80,http://b:80
        host-whitelist: a,b
        logger: zap
        log-outputs: [stderr, /tmp/log]
        client-transport-security:
          cert-file: c.pem
          key-file: k.pem
          client-cert-auth: true
        peer-transport-security: {trusted-ca-file: ca.pem, auto-tls: true}
        """,
    )
    flags = shlex.split("""
        --name=n1 --data-dir=/d --heartbeat-interval=50 --pre-vote=false
        --listen-client-urls=http://10.0.0.1:2379,http://127.0.0.1:2379
        --advertise-client-urls=http://10.0.0.1:2379
        --initial-advertise-peer-urls=http://10.0.0.1:2380
        --initial-cluster=n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380
        --cors=http://a:80,http://b:80 --host-whitelist=a,b --logger=zap
        --log-outputs=stderr,/tmp/log --cert-file=c.pem --key-file=k.pem --client-cert-auth
        --peer-trusted-ca-file=ca.pem --peer-auto-tls
    """)
    assert config == load(flags, {})


def test_the_example_file_is_a_member_of_three() -> None:
    config = load(["--config-file", str(EXAMPLE)], {})
    assert config.name == "node1"
    assert list(config.initial_cluster) == ["node1", "node2", "node3"]
    assert config.warnings == ()
    assert missing_features(config) == ()
    check_bootstrap(config)


def test_the_default_cluster_follows_the_name(path: Path) -> None:
    config = load_file(path, "name: n2\ninitial-advertise-peer-urls: http://127.0.0.1:1\n")
    assert dict(config.initial_cluster) == {"n2": ("http://127.0.0.1:1",)}


def test_listening_elsewhere_needs_no_advertised_urls_in_a_file(path: Path) -> None:
    config = load_file(path, "listen-client-urls: http://127.0.0.1:2379\n")
    assert config.advertise_client_urls == ("http://localhost:2379",)


@pytest.mark.parametrize("text", ["", "# nothing\n", "name:\ncors: ''\nlisten-peer-urls: ''\n"])
def test_nothing_said_is_the_default(path: Path, text: str) -> None:
    assert load_file(path, text) == load([], {})


def test_keys_are_compared_without_case(path: Path) -> None:
    assert load_file(path, "Name: a\n").name == "a"


def test_flags_and_variables_beside_a_file_are_ignored_with_a_warning(path: Path) -> None:
    path.write_text("heartbeat-interval: 10\n")
    config = load(["--name=a", f"--config-file={path}"], {"ETCD_NAME": "b", "VARD_DEBUG": "x"})
    assert config.name == "default"
    (warning,) = config.warnings
    assert warning == (
        f"the configuration file {path} is used: all other command line flags and environment"
        " variables are ignored, here --name, ETCD_NAME, VARD_DEBUG"
    )


@pytest.mark.parametrize("variable", ["ETCD_CONFIG_FILE", "VARD_CONFIG_FILE"])
def test_a_variable_may_name_the_file(path: Path, variable: str) -> None:
    path.write_text("name: a\n")
    assert load([], {variable: str(path)}).name == "a"


def test_the_flag_for_the_file_wins_over_the_variable(path: Path) -> None:
    path.write_text("name: a\n")
    assert load([f"--config-file={path}"], {"ETCD_CONFIG_FILE": "/nowhere"}).name == "a"


def test_a_file_that_is_not_there_is_named_with_who_asked(tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    with pytest.raises(ConfigError) as caught:
        load([], {"ETCD_CONFIG_FILE": str(missing)})
    assert str(caught.value) == (
        f"error verifying flags, open {missing}: no such file or directory"
        " (ETCD_CONFIG_FILE names the file). See 'vard-http --help'."
    )
    assert caught.value.exit_code == 1


def test_unknown_keys_are_ignored_with_a_warning(path: Path) -> None:
    config = load_file(path, "name: a\ndata-dri: /d\nzzz: 1\n")
    assert config.warnings == (
        f"{path}:2: unknown key data-dri is ignored (did you mean data-dir?)",
        f"{path}:3: unknown key zzz is ignored",
    )


def test_the_last_of_two_equal_keys_counts_with_a_warning(path: Path) -> None:
    config = load_file(path, "name: a\nname: b\n")
    assert config.name == "b"
    assert config.warnings == (f"{path}:2: name is given again and replaces {path}:1: name",)


def test_a_security_setting_outside_its_section_counts(path: Path) -> None:
    config = load_file(path, "peer-crl-file: crl.pem\ncert-file: c.pem\nkey-file: k.pem\n")
    assert (config.peer_crl_file, config.cert_file, config.key_file) == (
        "crl.pem",
        "c.pem",
        "k.pem",
    )


def test_an_unknown_security_key_is_refused_but_may_be_empty(path: Path) -> None:
    assert load_file(path, "client-transport-security:\n  ca-file: ''\n") == load([], {})
    error = refusal(path, "client-transport-security:\n  cert-fiel: c.pem\n")
    assert f"{path}:2: unknown key cert-fiel in client-transport-security" in str(error)


def test_durations_are_nanoseconds_or_texts(path: Path) -> None:
    for text in ("5s", "5000000000"):
        (warning,) = load_file(path, f"grpc-keepalive-min-time: {text}\n").warnings
        assert warning.startswith(f"{path}:1: grpc-keepalive-min-time has no effect")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "name: a\nheartbeat-interval: abc\n",
            ":2: heartbeat-interval: expected a number, not str",
        ),
        ('heartbeat-interval: "100"\n', ":1: heartbeat-interval: expected a number, not str"),
        ("heartbeat-interval: 1.5\n", ":1: heartbeat-interval: expected a number, not float"),
        ("heartbeat-interval: -1\n", ":1: heartbeat-interval: parse error"),
        ("heartbeat-interval: yes\n", ":1: heartbeat-interval: expected a number, not bool"),
        ('enable-v2: ""\n', ":1: enable-v2: expected true or false, not str"),
        ('enable-v2: "true"\n', ":1: enable-v2: expected true or false, not str"),
        ("name: 5\n", ":1: name: expected text, not int; quote it to make it text"),
        ("proxy: off\n", ":1: proxy: expected text, not bool; quote it to make it text"),
        ("proxy: maybe\n", ":1: proxy: invalid value (proxy takes off, readonly or on)"),
        ("listen-peer-urls: foo\n", ":1: listen-peer-urls: URL scheme must be http"),
        ("log-outputs: [1]\n", ":1: log-outputs: expected text or a list of texts, not list"),
        ("election-timeout: 200\n", ':1: election-timeout is "200"; election-timeout takes'),
        ("client-transport-security: 4\n", ":1: client-transport-security takes a mapping"),
        ("- a\n", ":1: the configuration file takes a mapping"),
        ("name: [\n", ": error converting YAML: "),
        ("name: " + "[" * 3000 + "]" * 3000, ": error converting YAML: nested too deeply"),
        ("name: 0x" + "f" * 6000, ":1: a number of 24000 bits"),
        ("name: [[0x" + "f" * 6000 + "]]", ":1: name: expected text, not list"),
        ("? 0x" + "f" * 6000 + "\n: a", ":1: a number of 24000 bits"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(path: Path, text: str, expected: str) -> None:
    error = refusal(path, text)
    assert f"{path}{expected}" in str(error)
    assert str(error).startswith("error verifying flags, ")


def test_loading_changes_nothing_on_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    assert load_file(path, "name: a\ndata-dir: sub/dir\n").data_dir == "sub/dir"
    assert [one.name for one in path.parent.iterdir()] == ["node.yaml"]
