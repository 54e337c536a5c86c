"""The recorded exchanges of etcd 3.4.23, replayed against vard_http and against etcd itself."""

from __future__ import annotations

import pytest

from tests.conformance.golden import load, replay
from tests.harness.processes import Kind, start_server

IN_SCOPE = (
    "keys-basic",
    "json-escaping",
    "path-cleaning",
    "params-bool",
    "params-int",
    "params-precedence",
    "query-vs-body",
    "content-types",
    "form-parsing",
    "body-size",
    "directories",
    "root-readonly",
    "implicit-dirs",
    "hidden-nodes",
    "in-order",
    "cas",
    "cad",
    "prev-exist",
    "no-value-on-success",
    "ttl-set",
    "ttl-overflow",
    "ttl-expiry",
    "ttl-rounding",
    "refresh",
    "listing",
    "methods-keys",
    "watch-history",
    "watch-live",
    "watch-stream",
    "watch-ancestor-delete",
    "watch-hidden",
    "watch-refresh",
    "watch-index-cleared",
    "cors",
    "unicode",
    "workflow-election-lock",
    "stats-store",
    "stats-self-leader",
    "misc-endpoints",
    "members",
    "members-add-lose-quorum",
    "auth-users",
    "auth-roles",
    "auth-enable",
    "auth-permissions",
)


def test_every_scenario_is_in_scope() -> None:
    assert sorted(IN_SCOPE) == sorted(load())


def test_the_file_is_the_one_recorded() -> None:
    scenarios = load().values()
    assert len(scenarios) == 45
    assert sum(len(scenario.steps) for scenario in scenarios) == 1325
    for scenario in scenarios:
        assert [step.step for step in scenario.steps] == list(range(len(scenario.steps)))


@pytest.mark.parametrize("name", IN_SCOPE)
def test_vard_answers_as_recorded(name: str) -> None:
    _assert_answers_as_recorded("vard", name)


@pytest.mark.etcd
@pytest.mark.parametrize("name", ["keys-basic", "cas", "watch-live"])
def test_etcd_still_answers_as_recorded(name: str) -> None:
    """A sample; `python -m tests.conformance.golden etcd` replays all."""
    _assert_answers_as_recorded("etcd", name)


def _assert_answers_as_recorded(kind: Kind, name: str) -> None:
    scenario = load()[name]
    with start_server(kind, scenario.flags) as server:
        differing = replay(scenario, server)
    assert not differing, "\n".join(str(each) for each in differing)
