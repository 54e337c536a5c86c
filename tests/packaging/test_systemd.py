"""The unit file is one that systemd takes, and it lets the service do little."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.packaging.distributions import ROOT
from vard_http.config import load

UNIT = ROOT / "config" / "vard-http.service"
EXAMPLE = ROOT / "config" / "vard-http.example.yaml"
WORST_EXPOSURE = 15
"""Tenths of systemd's points, of which 100 is a service that may do everything."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs Debian's systemd"
)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit with a program that is there."""
    text = UNIT.read_text()
    command = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE)
    assert command is not None
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace(command[1], sys.executable))
    return unit


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ("systemd-analyze", "--no-pager", *arguments)
    return subprocess.run(command, capture_output=True, text=True)


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_unit(installed: Path) -> None:
    done = analyze("verify", "--man=no", str(installed))
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_the_service_is_exposed_to_little(installed: Path) -> None:
    limit = f"--threshold={WORST_EXPOSURE}"
    done = analyze("security", "--offline=yes", limit, str(installed))
    assert done.returncode == 0, done.stdout


def test_the_example_file_keeps_its_data_where_the_unit_may_write() -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.read(UNIT)
    config = load(["--config-file", str(EXAMPLE)], {})
    assert Path(config.data_dir).parent == Path("/var/lib", unit["Service"]["StateDirectory"])
