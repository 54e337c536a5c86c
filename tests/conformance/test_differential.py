"""vard_http against etcd over random requests, and etcd against itself to keep the test honest."""

from __future__ import annotations

import pytest

from tests.conformance.differential import compare
from tests.conformance.runner import story
from tests.harness.processes import Kind

STEPS = 100


@pytest.mark.etcd
@pytest.mark.parametrize("first", range(0, 20, 5))
def test_vard_answers_like_etcd(first: int) -> None:
    _assert_equal(range(first, first + 5), "etcd", "vard")


@pytest.mark.etcd
def test_etcd_answers_like_etcd() -> None:
    _assert_equal(range(5), "etcd", "etcd")


def _assert_equal(seeds: range, left: Kind, right: Kind) -> None:
    found = [each for each in compare(seeds, STEPS, left, right) if each is not None]
    assert not found, "\n\n".join(story(each, (left, right)) for each in found)
