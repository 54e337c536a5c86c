"""vard's own command line means the same Config as etcd's flags."""

import shlex

import pytest

from vard_http.config import ConfigError, load

THREE = "-node 0,h0:9000 -node 1,10.0.0.1:9001 -node 2,[::1]:9002"


def parse(line: str) -> tuple[list[str], dict[str, str]]:
    return shlex.split(line), {}


@pytest.mark.parametrize(
    ("me", "listen_peers", "advertise_peers", "listen_clients", "advertise_clients"),
    [
        (0, "http://0.0.0.0:9000", "http://h0:9000", "http://0.0.0.0:8000", "http://h0:8000"),
        (
            1,
            "http://10.0.0.1:9001",
            "http://10.0.0.1:9001",
            "http://0.0.0.0:8000",
            "http://10.0.0.1:8000",
        ),
        (2, "http://[::1]:9002", "http://[::1]:9002", "http://[::]:8000", "http://[::1]:8000"),
    ],
)
def test_it_equals_etcds_flags(
    me: int, listen_peers: str, advertise_peers: str, listen_clients: str, advertise_clients: str
) -> None:
    vard = load(*parse(f"-dbpath /d -port 8000 -me {me} {THREE} -debug"))
    etcd = load(
        *parse(
            f"--name={me} --data-dir=/d --debug"
            " --initial-cluster=0=http://h0:9000,1=http://10.0.0.1:9001,2=http://[::1]:9002"
            f" --listen-peer-urls={listen_peers} --initial-advertise-peer-urls={advertise_peers}"
            f" --listen-client-urls={listen_clients} --advertise-client-urls={advertise_clients}"
        )
    )
    assert vard == etcd


def test_without_nodes_it_is_one_node_on_localhost() -> None:
    config = load(*parse("-me 7 -port 8000 -dbpath /d"))
    assert config.name == "7"
    assert dict(config.initial_cluster) == {"7": ("http://localhost:2380",)}
    assert config.listen_client_urls == config.advertise_client_urls == ("http://localhost:8000",)
    assert config.warnings == ()


def test_ids_are_numbers_however_written() -> None:
    config = load(*parse("-me 0x1 -node 1,h:9000"))
    assert config.name == "1"
    assert list(config.initial_cluster) == ["1"]


def test_etcds_other_flags_may_stand_beside() -> None:
    config = load(*parse("-me 0 -node 0,h:9000 --heartbeat-interval=50 --name=0 --debug=false"))
    assert config.heartbeat_interval == 50


@pytest.mark.parametrize(
    ("line", "environ", "message"),
    [
        (
            "-me 0 -node 0,h:1 --name x",
            {},
            '-me 0 and --name contradict each other: -me 0 makes name "0", but --name is "x"',
        ),
        ("-dbpath /a", {"ETCD_DATA_DIR": "/b"}, "-dbpath /a and ETCD_DATA_DIR contradict"),
        (
            "-port 1 --advertise-client-urls=http://a:1",
            {},
            "-port 1 and --advertise-client-urls contradict each other",
        ),
        (
            "-me 0 -node 0,h:1 --initial-cluster=0=http://h:2",
            {},
            "-node 0,h:1 and --initial-cluster contradict each other",
        ),
        (
            "-me 0 -node 0,h:1 --discovery=http://d/x",
            {},
            "multiple discovery or bootstrap flags are set.",
        ),
        ("-node 0,h:1", {}, "-node is given without -me"),
        ("-me 3 -node 0,h:1 -node 1,h:2", {}, '-me is "3", but -node gives only 0, 1'),
        ("-me 0 -node 0,h:1 -node 0,h:2", {}, "-node gives id 0 twice"),
        ("-me 0 -node '0,a b:1'", {}, 'invalid character " " in host name'),
    ],
)
def test_contradictions_exit_1(line: str, environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(shlex.split(line), environ)
    assert message in str(caught.value)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-me x", 'invalid value "x" for flag -me: parse error (me takes the id'),
        ("-port 65536", 'invalid value "65536" for flag -port: value out of range (port takes'),
        ("-node h:1", 'invalid value "h:1" for flag -node: parse error (node takes ID,HOST:PORT'),
        ("-node 0,h", 'invalid value "0,h" for flag -node: not host:port'),
        ("-node 0,:1", 'invalid value "0,:1" for flag -node: parse error'),
        ("-node 0,h:x", 'invalid value "0,h:x" for flag -node: parse error'),
        ("-me", "flag needs an argument: -me"),
    ],
)
def test_wrong_values_exit_2(line: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(*parse(line))
    assert str(caught.value).startswith(message)
    assert caught.value.exit_code == 2
