"""The sdist and the wheel hold what they need, and the wheel serves where only it is installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.packaging.distributions import ROOT, build, install, names, output, try_out
from vard_http import __version__


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def commands(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what the wheel installed."""
    return install(built[1], tmp_path_factory.mktemp("installed") / "venv", download=False)


def source_files(*folders: str) -> set[str]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    return {
        str(path.relative_to(ROOT))
        for path in found
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_package_with_its_data_and_nothing_else(
    built: tuple[Path, Path],
) -> None:
    in_wheel = {name for name in names(built[1]) if ".dist-info/" not in name}
    assert in_wheel == source_files("vard_http")


def test_the_sdist_holds_the_whole_project(built: tuple[Path, Path]) -> None:
    top = {"LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml"}
    wanted = top | source_files("vard_http", "tests", "docs", "config", "loadtest")
    assert wanted - names(built[0]) == set()


def test_the_metadata_name_the_licence_and_the_version(commands: Path) -> None:
    (metadata,) = commands.parent.glob("lib/*/site-packages/vard_http-*.dist-info/METADATA")
    fields = dict(re.findall(r"^([\w-]+): (.*)$", metadata.read_text(), re.MULTILINE))
    assert (fields["Version"], fields["License-Expression"]) == (__version__, "BSD-2-Clause")
    assert (metadata.parent / "licenses" / fields["License-File"]).exists()


@pytest.mark.parametrize("command", ["vard-http", "vardctl"])
def test_an_installed_command_tells_its_version(command: str, commands: Path) -> None:
    assert __version__ in output(commands, command, "--version")


def test_the_installed_server_and_client_keep_a_key(commands: Path) -> None:
    try_out(commands)


def test_the_newest_heading_of_the_changelog_is_this_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    released = [heading for heading in headings if heading != "Unreleased"]
    assert released[0] == __version__
