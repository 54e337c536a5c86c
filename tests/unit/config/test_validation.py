"""Settings that parse but do not fit together are refused in etcd's words (contract 16.3)."""

import pytest

from vard_http.config import ConfigError, load

AT = "http://127.0.0.1:1"
LISTEN = ["--advertise-client-urls=http://a:1"]


@pytest.mark.parametrize(
    ("argv", "reason", "details"),
    [
        (
            ["--heartbeat-interval=0"],
            "--heartbeat-interval must be >0 (set to 0ms)",
            '--heartbeat-interval is "0"; heartbeat-interval takes a whole number of milliseconds'
            " above 0, at most a fifth of election-timeout",
        ),
        (
            ["--election-timeout=0"],
            "--election-timeout must be >0 (set to 0ms)",
            '--election-timeout is "0"; election-timeout takes',
        ),
        (
            ["--election-timeout=200"],
            "--election-timeout[200ms] should be at least as 5 times as"
            " --heartbeat-interval[100ms]",
            'heartbeat-interval is "100" by default',
        ),
        (
            ["--election-timeout=60000"],
            "--election-timeout[60000ms] is too long, and should be set less than 50000ms",
            "at least 5 times heartbeat-interval and at most 50000",
        ),
        (
            ["--listen-client-urls=http://127.0.0.1:2379"],
            "--advertise-client-urls is required when --listen-client-urls is set explicitly",
            '--listen-client-urls is "http://127.0.0.1:2379"',
        ),
        (
            ["--listen-client-urls="],
            "--advertise-client-urls is required when --listen-client-urls is set explicitly",
            '--listen-client-urls is ""',
        ),
        (
            ["--listen-client-urls=http://foo.com:2379"],
            "expected IP in URL for binding (http://foo.com:2379)",
            "the host is an IP or localhost, and there is no path",
        ),
        (
            ["--listen-peer-urls=http://foo.com:2380"],
            "expected IP in URL for binding (http://foo.com:2380)",
            "--listen-peer-urls is ",
        ),
        (
            ["--listen-metrics-urls=http://foo.com:1"],
            "expected IP in URL for binding (http://foo.com:1)",
            "--listen-metrics-urls is ",
        ),
        (
            ["--listen-vard-urls=tcp://foo.com:1"],
            "expected IP in URL for binding (tcp://foo.com:1)",
            "scheme tcp or tls; the host is an IP or localhost, and there is no path",
        ),
        (
            ["--initial-advertise-peer-urls=http://:2380"],
            '--initial-advertise-peer-urls "http://:2380" must be "host:port"'
            " (unexpected empty host (http://:2380))",
            "--initial-advertise-peer-urls is ",
        ),
        (
            ["--advertise-client-urls=http://:1"],
            '--advertise-client-urls "http://:1" must be "host:port"'
            " (unexpected empty host (http://:1))",
            "--advertise-client-urls is ",
        ),
        (
            ["--discovery=http://d/x", "--initial-cluster=default=http://localhost:2380"],
            "multiple discovery or bootstrap flags are set."
            ' Choose one of "initial-cluster", "discovery" or "discovery-srv"',
            '--discovery is "http://d/x"',
        ),
        (
            ["--discovery=http://d/x", "--discovery-srv=d"],
            "multiple discovery or bootstrap flags are set."
            ' Choose one of "initial-cluster", "discovery" or "discovery-srv"',
            '--discovery-srv is "d"',
        ),
        (
            ["--initial-cluster=default"],
            "error setting up initial cluster: URL scheme must be http, https, unix, or unixs: ",
            '--initial-cluster is "default"; initial-cluster takes a comma-separated list',
        ),
        (["--logger=foo"], 'unknown logger option "foo"', "logger takes capnslog or zap"),
        (
            ["--log-outputs=foo"],
            'unknown log-output "foo" (only supports "default", "stderr", "stdout")',
            '--log-outputs is "foo"',
        ),
        (
            ["--log-outputs=stderr,stdout"],
            '--logger=capnslog supports only 1 value in \'--log-outputs\', got ["stderr" "stdout"]',
            '--log-outputs is "stderr,stdout"',
        ),
        (
            ["--logger=zap", "--log-outputs=default,stderr"],
            'multi logoutput for "default" is not supported yet',
            '--log-outputs is "default,stderr"',
        ),
        (
            ["--auto-compaction-mode=foo"],
            'unknown auto-compaction-mode "foo"',
            "auto-compaction-mode takes periodic, revision or nothing",
        ),
        (
            ["--auto-compaction-retention=foo"],
            'error parsing CompactionRetention: time: invalid duration "foo"',
            "auto-compaction-retention takes a whole number or a duration",
        ),
        (
            ["--auth-token=jwt"],
            "auth: invalid auth options",
            'auth-token takes "simple" or "jwt,sign-method=METHOD"',
        ),
        (
            ["--experimental-enable-lease-checkpoint-persist"],
            "setting experimental-enable-lease-checkpoint-persist requires"
            " experimental-enable-lease-checkpoint",
            'experimental-enable-lease-checkpoint is "false" by default',
        ),
        (
            ["--cipher-suites=TLS_AES_128_GCM_SHA256,foo"],
            'unexpected TLS cipher suite "foo"',
            "cipher-suites takes a comma-separated list of Go's cipher suite names",
        ),
        (
            ["--listen-client-urls=https://127.0.0.1:1", *LISTEN],
            "TLS key/cert (--cert-file, --key-file) must be provided for client url"
            " https://127.0.0.1:1 with HTTPS scheme",
            '--listen-client-urls is "https://127.0.0.1:1"',
        ),
        (
            ["--listen-peer-urls=https://127.0.0.1:1"],
            "cannot listen on TLS for 127.0.0.1:1: KeyFile and CertFile are not presented",
            '--listen-peer-urls is "https://127.0.0.1:1"',
        ),
        (
            ["--listen-metrics-urls=https://127.0.0.1:1"],
            "cannot listen on TLS for 127.0.0.1:1: KeyFile and CertFile are not presented",
            '--listen-metrics-urls is "https://127.0.0.1:1"',
        ),
        (
            ["--listen-vard-urls=tls://127.0.0.1:1"],
            "cannot listen on TLS for 127.0.0.1:1: KeyFile and CertFile are not presented",
            '--listen-vard-urls is "tls://127.0.0.1:1"',
        ),
        (
            ["--listen-peer-urls=https://127.0.0.1:1", "--peer-key-file=k.pem"],
            "KeyFile and CertFile must both be present[key: k.pem, cert: ]",
            '--peer-key-file is "k.pem"',
        ),
    ],
)
def test_a_broken_rule_exits_1(argv: list[str], reason: str, details: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(argv, {})
    message = str(caught.value)
    assert message.startswith(f"error verifying flags, {reason} (")
    assert details in message
    assert message.endswith(". See 'vard-http --help'.")
    assert caught.value.exit_code == 1
    assert caught.value.usage == ""


def test_an_unknown_log_level_exits_2_as_in_etcd() -> None:
    with pytest.raises(ConfigError) as caught:
        load(["--log-level=warning"], {})
    assert 'unknown level "warning" (--log-level is "warning"; log-level takes debug' in str(
        caught.value
    )
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "argv",
    [
        ["--proxy=on", f"--listen-client-urls={AT}"],
        ["--discovery=http://d/x", f"--listen-client-urls={AT}"],
        ["--heartbeat-interval=200", "--election-timeout=1000"],
        ["--election-timeout=50000"],
        ["--logger=zap", "--log-outputs=stderr,/var/log/x"],
        ["--log-outputs=stdout"],
        ["--listen-client-urls=http://[::1]:1", *LISTEN],
        ["--listen-peer-urls=https://127.0.0.1:1", "--peer-auto-tls"],
        ["--auth-token=jwt,sign-method=RS256,pub-key=p"],
        ["--auto-compaction-retention=5m"],
    ],
)
def test_what_etcd_accepts_is_accepted(argv: list[str]) -> None:
    load(argv, {})


def test_discovery_replaces_the_default_cluster() -> None:
    for flag in ("--discovery=http://d/x", "--discovery-srv=d", "--discovery-srv-name=s"):
        assert dict(load([flag], {}).initial_cluster) == {}


def test_the_default_cluster_follows_the_name_and_its_urls() -> None:
    config = load(["--name=n", "--initial-advertise-peer-urls=http://b:1,http://a:1"], {})
    assert dict(config.initial_cluster) == {"n": ("http://a:1", "http://b:1")}
    assert config.data_dir == "n.vard"


def test_the_initial_cluster_keeps_its_order_and_sorts_urls() -> None:
    text = "--initial-cluster=b=http://b:2,a=http://a:1,b=http://b:1"
    config = load([text], {})
    assert list(config.initial_cluster.items()) == [
        ("b", ("http://b:1", "http://b:2")),
        ("a", ("http://a:1",)),
    ]


def test_an_empty_url_list_leaves_the_default() -> None:
    assert load(["--listen-peer-urls="], {}).listen_peer_urls == ("http://localhost:2380",)


def test_zero_and_empty_stand_for_the_default() -> None:
    config = load(["--snapshot-count=0", "--data-dir=", "--host-whitelist="], {})
    assert config.snapshot_count == 100000
    assert config.data_dir == "default.vard"
    assert config.host_whitelist == ("*",)


@pytest.mark.parametrize(
    ("flags", "warning"),
    [
        (["--auto-tls"], None),
        (
            ["--auto-tls", "--cert-file=c", "--key-file=k"],
            "ignoring client auto TLS since certs given",
        ),
        (
            ["--peer-auto-tls", "--peer-cert-allowed-cn=c"],
            "--peer-auto-tls verifies nobody: the settings of the peer side that ask for"
            " certificates are ignored",
        ),
    ],
)
def test_automatic_certificates_are_told_from_given_ones(
    flags: list[str], warning: str | None
) -> None:
    told = [text for text in load(flags, {}).warnings if "auto" in text]
    assert told == ([warning] if warning else [])


def test_ignored_certificates_are_told() -> None:
    assert load(["--cert-file=c", "--peer-client-cert-auth"], {}).warnings == (
        "The scheme of peer url http://localhost:2380 is HTTP while client cert auth"
        " (--peer-client-cert-auth) is enabled. Ignored client cert auth for this url.",
        "The scheme of client url http://localhost:2379 is HTTP while client key/cert files are"
        " presented. Ignored key/cert files.",
    )


def test_advertising_localhost_from_all_addresses_is_told() -> None:
    (warning,) = load(["--listen-peer-urls=http://0.0.0.0:2380"], {}).warnings
    assert warning.startswith("listening on all addresses but --initial-advertise-peer-urls is ")


def test_a_proxy_that_is_to_speak_vards_protocol_is_told_that_it_does_not() -> None:
    told = load(["--proxy=on", "--listen-vard-urls=tcp://127.0.0.1:1"], {}).warnings
    assert [text for text in told if "vard's protocol" in text]
