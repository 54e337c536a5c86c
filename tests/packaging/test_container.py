"""The image and the compose file, by what can be checked without a container runtime."""

from __future__ import annotations

import re
import subprocess
import sys
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml

from tests.harness.processes import start_server
from tests.packaging.distributions import ROOT
from vard_http.config import check_bootstrap, load, missing_features

DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE = yaml.safe_load((ROOT / "config" / "compose.yaml").read_text())
NODES = ("node1", "node2", "node3")


def variables_of_the_image() -> dict[str, str]:
    environment = re.search(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)
    assert environment is not None
    return dict(re.findall(r"\b(VARD_\w+)=(\S+)", environment[1]))


def settings_of(service: dict[str, Any]) -> dict[str, str]:
    own: dict[str, str] = service["environment"]
    return variables_of_the_image() | own


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    rules = (ROOT / ".dockerignore").read_text().split()
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = [source for line in copies for source in line.split()]
    assert {"LICENSE", "pyproject.toml", "vard_http"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists()
        assert any(fnmatch(source, pattern) for pattern in kept)


def test_the_image_is_run_by_a_user_that_is_not_root_by_number() -> None:
    assert re.search(r"^USER ([1-9]\d*):\1$", DOCKERFILE, re.MULTILINE)


def test_the_variables_of_the_image_are_a_member_that_starts() -> None:
    config = load([], variables_of_the_image())
    alone = "listening on all addresses but"  # what it advertises is for this machine only
    assert [one for one in config.warnings if not one.startswith(alone)] == []
    assert missing_features(config) == ()
    check_bootstrap(config)


@pytest.mark.parametrize("name", NODES)
def test_each_node_of_the_compose_file_is_a_member_of_the_three(name: str) -> None:
    config = load([], settings_of(COMPOSE["services"][name]))
    assert config.name == name
    assert tuple(config.initial_cluster) == NODES
    assert config.initial_cluster[name] == config.initial_advertise_peer_urls
    assert (config.warnings, missing_features(config)) == ((), ())


def test_prometheus_scrapes_each_node_of_the_compose_file() -> None:
    scraped = yaml.safe_load((ROOT / "config" / "prometheus" / "prometheus.yml").read_text())
    (job,) = scraped["scrape_configs"]
    (static,) = job["static_configs"]
    assert static["targets"] == [f"{node}:2379" for node in NODES]


def test_the_files_that_the_compose_file_mounts_are_there() -> None:
    mounts = [one for service in COMPOSE["services"].values() for one in service["volumes"]]
    files = [mount.partition(":")[0] for mount in mounts if mount.startswith(".")]
    assert len(files) == 3
    for file in files:
        assert (ROOT / "config" / file).is_dir()


def health_check(url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "config" / "healthcheck.py"), url]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_health_check_of_the_image_tells_a_healthy_member_from_others() -> None:
    with start_server("vard", ["--quota-backend-bytes=1000"]) as server:
        url = f"{server.endpoint.client_url}/health"
        assert health_check(url).returncode == 0
        with server.connect() as connection:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("PUT", "/v2/keys/a", form, b"value=" + b"v" * 2000)
        unhealthy = health_check(url)
        assert (unhealthy.returncode, unhealthy.stdout.split()[0]) == (1, "503")
        server.kill()
        assert health_check(url).returncode == 1
