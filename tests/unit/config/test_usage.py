"""The help text comes from the table, so nothing is missing from it."""

import re

import pytest

from vard_http.config import usage, usage_line, version_text
from vard_http.config.model import ACTIVE
from vard_http.config.setting import Group
from vard_http.config.table import ETCD_SETTINGS


@pytest.mark.parametrize("name", [*ETCD_SETTINGS, "me", "node", "port", "dbpath"])
def test_every_setting_is_in_the_help_text(name: str) -> None:
    assert usage().count(f"\n  --{name} '") == 1


def test_the_groups_are_in_etcds_order() -> None:
    groups = [group for group in Group if any(one.group is group for one in ACTIVE)]
    positions = [usage().index(f"\n{group.value}:\n") for group in groups]
    assert positions == sorted(positions)


def test_flags_without_an_effect_come_after_those_that_do_something() -> None:
    text = usage()
    border = text.index("\nFlags of etcd without an effect here")
    for one in ETCD_SETTINGS.values():
        assert (text.index(f"\n  --{one.name} '") > border) == bool(one.no_effect)


def test_the_help_text_ends_with_what_a_manual_page_would_tell() -> None:
    headings = re.findall(r"^(\w[\w ]+):$", usage(), re.MULTILINE)
    assert headings[-4:] == ["Environment", "Files", "Signals and status", "Examples"]


def test_departures_from_etcd_are_told() -> None:
    for departure in ("etcd 3.4: false; this server exists for v2", "etcd: ${name}.etcd"):
        assert departure in usage()
    assert (
        "--pre-vote 'true'\n    Run an additional Raft election phase (etcd 3.4: false)." in usage()
    )


WAYS = (
    "[flags]",
    "backup | restore | import",
    "--version",
    "-h | --help",
    "--config-file",
    "-dbpath DIR",
)


def test_the_usage_names_all_ways_to_call_the_command() -> None:
    for way in WAYS:
        assert f"\n  vard-http {way}" in usage_line()


def test_the_version_has_four_lines() -> None:
    keys = [line.partition(": ")[0] for line in version_text().splitlines()]
    assert keys == ["vard-http Version", "etcd API Version", "Python Version", "OS/Arch"]
