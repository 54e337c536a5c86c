"""A fixed part of each target; `python -m tests.fuzz` goes on from there."""

from __future__ import annotations

import pytest

from tests.fuzz.target import Target, execute
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_any_input_is_taken_as_it_should_be(target: Target) -> None:
    assert execute(target, target.examples) >= target.examples // 2
