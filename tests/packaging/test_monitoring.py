"""Alerts and the dashboard ask for what /metrics has, and each alert has its runbook."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.harness.processes import start_server
from tests.packaging.distributions import ROOT

ALERTS = ROOT / "config" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "config" / "grafana" / "dashboards" / "vard-http.json"
DATASOURCE = ROOT / "config" / "grafana" / "provisioning" / "datasources" / "prometheus.yaml"
ALERTS_TEST = Path(__file__).parent / "data" / "alerts_test.yml"

_OF_PROMETHEUS = {"up", "and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring"}
_SAMPLES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total", ""), "gauge": ("",)}


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard_expressions() -> Iterator[str]:
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    yield from (one["query"]["query"] for one in dashboard["templating"]["list"])
    yield from (one["expr"] for one in dashboard["annotations"]["list"])


def metrics_in(expression: str) -> set[str]:
    """What is left of a PromQL expression without matchers, ranges, groupings and functions.

    >>> sorted(metrics_in('sum by (le) (rate(a_bucket{job="b"}[5m])) / on (job) up offset 1h'))
    ['a_bucket']
    """
    text = re.sub(r"label_values\((.*), \w+\)", r"\1", expression)
    text = re.sub(r"\{[^}]*\}|\[[^]]*\]|offset \w+", " ", text)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", text)
    return set(re.findall(r"\b[a-z_]\w*\b(?!\s*\()", text)) - _OF_PROMETHEUS


@pytest.fixture(scope="module")
def samples() -> set[str]:
    """The names of the samples that a member may show."""
    with start_server("vard") as server, server.connect() as connection:
        text = connection.request("GET", "/metrics").body.decode()
    return {
        family.name + suffix
        for family in text_string_to_metric_families(text)
        for suffix in _SAMPLES.get(family.type, ())
    }


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_a_member_shows(rule: dict[str, Any], samples: set[str]) -> None:
    assert metrics_in(rule["expr"]) - samples == set()


def test_the_dashboard_asks_for_what_a_member_shows(samples: set[str]) -> None:
    asked = set[str]().union(*map(metrics_in, dashboard_expressions()))
    assert len(asked) > 25
    assert asked - samples == set()


def test_an_unknown_metric_would_be_noticed(samples: set[str]) -> None:
    assert metrics_in('rate(etcd_no_such_total{job="a"}[1m]) > 0') - samples == {
        "etcd_no_such_total"
    }


def test_each_panel_of_the_dashboard_asks_the_provisioned_source() -> None:
    (source,) = yaml.safe_load(DATASOURCE.read_text())["datasources"]
    panels = [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if "targets" in panel]
    assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_each_alert_has_a_runbook_and_each_runbook_an_alert() -> None:
    text = (ROOT / "docs" / "runbooks.md").read_text()
    headings = re.findall(r"^### (Vard\w+)$", text, re.MULTILINE)
    assert headings == [rule["alert"] for rule in alerts()]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs Debian's prometheus")
def test_prometheus_makes_of_series_the_alerts_that_are_expected() -> None:
    command = ["promtool", "test", "rules", str(ALERTS_TEST)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
