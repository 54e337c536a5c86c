"""A new member must find itself in the initial cluster (contract 16.3)."""

import pytest

from vard_http.config import ConfigError, check_bootstrap, load


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--name=n1"],
        ["--discovery=http://d/x"],
        [
            "--initial-advertise-peer-urls=http://b:1,http://a:1",
            "--initial-cluster=default=http://a:1,x=http://x:1,default=http://b:1",
        ],
        [
            "--initial-cluster-state=existing",
            "--initial-advertise-peer-urls=http://other:1",
        ],
    ],
)
def test_a_member_that_is_listed_may_start(argv: list[str]) -> None:
    check_bootstrap(load(argv, {}))


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["--name=other", "--initial-cluster=a=http://a:1"],
            'couldn\'t find local name "other" in the initial cluster configuration',
        ),
        (["--name="], 'couldn\'t find local name "" in the initial cluster configuration'),
        (
            ["--initial-cluster=default=http://localhost:2381"],
            "--initial-cluster has default=http://localhost:2381 but missing from"
            " --initial-advertise-peer-urls=http://localhost:2380"
            ' (resolved urls: "http://localhost:2380" != "http://localhost:2381")',
        ),
        (
            [
                "--initial-advertise-peer-urls=http://a:1,http://b:1",
                "--initial-cluster=default=http://a:1",
            ],
            "--initial-advertise-peer-urls has http://b:1 but missing from"
            " --initial-cluster=default=http://a:1",
        ),
        (
            ["--initial-cluster=" + ",".join(["default=http://localhost:2380"] * 2)],
            "failed to resolve http://localhost:2380 to match --initial-cluster=",
        ),
        (
            ["--initial-cluster=default=http://localhost:2380,b=http://localhost:2380"],
            "initial cluster b=http://localhost:2380,default=http://localhost:2380"
            " has duplicate url",
        ),
        (
            ["--initial-cluster-state=existing", "--discovery=http://d/x"],
            "discovery URL should not be set when joining existing initial cluster",
        ),
    ],
)
def test_a_member_that_does_not_fit_may_not_start(argv: list[str], message: str) -> None:
    config = load(argv, {})
    with pytest.raises(ConfigError) as caught:
        check_bootstrap(config)
    assert str(caught.value).startswith(message)
    assert caught.value.exit_code == 1


def test_two_names_of_one_host_are_equal_once_resolved() -> None:
    config = load(
        [
            "--initial-advertise-peer-urls=http://node1:2380",
            "--initial-cluster=default=http://10.0.0.1:2380",
        ],
        {},
    )
    with pytest.raises(ConfigError):
        check_bootstrap(config)
    check_bootstrap(config, lambda address: address.replace("node1", "10.0.0.1"))
